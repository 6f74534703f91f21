"""The composition root: settings become a running system.

Nothing else chooses an implementation.
"""

import logging
import os
import random
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from consumers.contract import Consumer
from consumers.registry import CONSUMERS
from consumers.runtime.at_work import AtWork
from consumers.runtime.equipment import Equipment
from consumers.runtime.worker import Worker
from http_ingress.application import application
from http_ingress.ports import Limits, Listener, Paused, Ports
from http_ingress.server import HttpServer, listen
from ops.archive_wiring import archive_ports, describing
from ops.buses import Bus, EmbeddedBus, RabbitBus, Surroundings
from ops.canary import Canary
from ops.chores import chores_of_all, chores_of_ingress, chores_of_workers
from ops.kafka_wiring import TAP, need_kafka, tap_kafka
from ops.metrics import Metrics
from ops.notices import noticing
from ops.packager_wiring import packager_ports, packaging
from ops.reference_wiring import pollster, reference_ports, service_url
from ops.room import with_room
from ops.settings import EMBEDDED, Settings
from ops.signs_of_life import SignsOfLife
from ops.stores import Store, clock, new_id, new_secret, open_store, prepare
from ops.streams_wiring import stream_reader
from ops.timekeeper import Timekeeper
from ops.topology import Topology, derive
from producers.acceptor import Acceptor
from producers.components import Components
from producers.doorbell import Waiters
from producers.stamping import Stamp
from store.errors import SetupError, UnavailableError
from store.work import Outside, SqlWork

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Links:
    """URLs of this installation."""

    public_url: str

    def content(self, file_id: str) -> str:
        """Return the URL of a file version's bytes."""
        return f"{self.public_url}/files/{file_id}/content"

    def package(self, name: str) -> str:
        """Return the URL of a zip."""
        return f"{self.public_url}/packager/resources/{name}"


@dataclass(frozen=True)
class System:
    """A running system, or one process of it."""

    settings: Settings
    store: Store
    bus: Bus
    metrics: Metrics
    workers: Sequence[AtWork]
    url: str
    """Where its ingress listens, or whom it takes for it."""
    process: str
    """What it is called where people look: HOST.PID."""

    def drain(self) -> None:
        """Let every worker take nothing new."""
        for worker in self.workers:
            worker.drain()


@contextmanager
def system(
    settings: Settings, *, ingress: bool = False, consumers: Sequence[str] = ()
) -> Iterator[System]:
    """Run an ingress, some consumers, or only the relay, for as long as the block lasts.

    When the block ends, everything drains: requests are finished, handlers get
    `drain_seconds`, what has been committed is published where the broker takes it.
    Raises SetupError before anything has been started when the settings do not fit together.
    """
    chosen = choose(settings, consumers)
    with ExitStack() as stack:
        store = stack.enter_context(open_store(settings))
        prepare(store, may_upgrade=ingress)
        listening = None
        port = settings.http_port
        if ingress:
            listening = stack.enter_context(listen(settings.http_host, settings.http_port))
            port = listening.getsockname()[1]
        url = settings.public_url.rstrip("/") or f"http://{settings.http_host}:{port}"
        links = Links(url)
        polled = service_url(settings, port)
        around = Surroundings(
            store.database, CONSUMERS, Waiters(new_id()), settings.instance, clock, new_id
        )
        bus = open_bus(settings, around)
        metrics = Metrics(store.database, clock)
        if ingress:
            bus.prepare()
        stamp = Stamp(f"/{settings.instance}", clock, new_id)
        bus.start(listening=ingress)
        stack.callback(bus.stop)
        process = f"{settings.instance}.{os.getpid()}"
        notices = stack.enter_context(noticing(settings, process))
        outside = Outside(
            database=store.database,
            objects=store.objects,
            sources=store.sources,
            links=links,
            new_id=new_id,
            new_secret=new_secret,
            web=store.web,
            pollster=pollster(settings, polled),
            mailer=store.mailer,
            scratch=store.scratch,
            packaging=packaging(settings),
            anonymise=store.anonymise,
            file_store=store.file_store,
            notices=notices,
            describing=describing(store),
            chance=random.random,
            drawn_sizes=settings.drawn_sizes,
        )
        equipment = Equipment(
            database=store.database,
            ledger=bus.ledger,
            stamp=stamp,
            make_work=lambda transaction, key, position, now, lease: SqlWork(
                transaction, key, position, now, outside, lease
            ),
            doorbell=bus.doorbell,
            telemetry=metrics,
            clock=clock,
            random=random.random,
            new_id=new_id,
            process=process,
            lease=timedelta(seconds=settings.lease_seconds),
        )
        probes = {
            "database": store.database.check,
            "objects": store.objects.check,
            "mail": store.mailer.check,
            "file store": store.file_store.check,
            "notices": notices.check,
        }
        workers: list[AtWork] = [Worker(one, bus.source(one), equipment, probes) for one in chosen]
        if TAP in consumers:
            workers.append(tap_kafka(settings, equipment))
        for worker in workers:
            worker.start()
            stack.callback(_stop, worker, settings.drain_seconds)
        # Draining all before waiting for the first lets them finish side by side.
        running = System(settings, store, bus, metrics, workers, url, process)
        stack.callback(running.drain)
        signs = SignsOfLife(store.database, process, workers, clock)
        chores = [*chores_of_all(store, bus, metrics, stamp)]
        if workers:
            chores.extend(chores_of_workers(store, signs))
        if ingress:
            chores.extend(chores_of_ingress(store, bus))
        timekeeper = Timekeeper(chores)
        timekeeper.start()
        stack.callback(signs.leave)
        stack.callback(timekeeper.stop)
        if listening is not None:
            stack.enter_context(_serving(running, around, stamp, listening))
        yield running


def choose(settings: Settings, names: Sequence[str]) -> list[Consumer[Any]]:
    """Return those of these names that have a queue, with the retry policies of the settings.

    Raises SetupError for a name that there is not, in `names` or in the settings, and for one that
    needs what there is not.
    """
    known = {consumer.name: consumer for consumer in CONSUMERS}
    unknown = sorted(({*names} - {TAP} | {*settings.retry}) - known.keys())
    if unknown:
        there = ", ".join((*known, TAP))
        raise SetupError(f"no consumer {', '.join(unknown)}; there are: {there}")
    if TAP in names:
        need_kafka(settings)
    return [
        replace(one, retry=replace(one.retry, **settings.retry_of(one.name)))
        for one in CONSUMERS
        if one.name in names
    ]


def open_bus(settings: Settings, around: Surroundings) -> Bus:
    """Return the bus that the settings name, not yet started."""
    if settings.bus_url == EMBEDDED:
        return EmbeddedBus(around)
    return RabbitBus(settings.bus_url, topology(settings), around, settings.management_url)


def topology(settings: Settings) -> Topology:
    """Return what exchanges and queues the broker must have."""
    return derive(
        CONSUMERS, archived_fits=settings.notice_exchange if settings.announces_on_bus else ""
    )


@contextmanager
def _serving(
    running: System, around: Surroundings, stamp: Stamp, listening: socket.socket
) -> Iterator[None]:
    store, settings = running.store, running.settings
    acceptor = Acceptor(store.database, running.bus.ledger, clock)
    polled = service_url(settings, listening.getsockname()[1])
    ports = Ports(
        database=store.database,
        objects=store.objects,
        acceptor=acceptor,
        ledger=running.bus.ledger,
        stamp=stamp,
        waiters=around.waiters,
        accounts=store.accounts,
        components=Components(store.database, running.bus.ledger, stamp, clock, polled),
        listeners=[
            Listener(
                one.name,
                one.type,
                tuple(event.TYPE for event in one.publishes),
                one.threads,
            )
            for one in CONSUMERS
        ],
        queues=running.bus.queues,
        readiness=partial(readiness, running),
        paused=partial(paused, running),
        canary=Canary(store.database, acceptor, stamp, around.waiters).trouble,
        render_metrics=running.metrics.render,
        observe=running.metrics.observe,
        clock=clock,
        new_id=new_id,
        new_secret=new_secret,
        public_url=running.url,
        public_reads=settings.public_reads,
        limits=Limits(
            largest_body=settings.largest_batch,
            largest_upload=settings.largest_upload,
            largest_record=settings.largest_record,
            answer_seconds=settings.answer_seconds,
        ),
        packager=packager_ports(store),
        archive=archive_ports(store),
        reference=reference_ports(settings),
        console_secret=store.console_secret,
        streams=stream_reader(settings),
    )
    server = HttpServer(application(ports), listening)
    with ExitStack() as stack:
        for part in (acceptor, server):
            part.start()
            stack.callback(part.stop)
        yield


def readiness(running: System) -> Mapping[str, str | None]:
    """Say of each dependency what is wrong with it, or None. Blocks while it asks them."""
    store, settings = running.store, running.settings
    asked: Mapping[str, Callable[[], None]] = {
        "database": partial(with_room, store.database.check, settings.database_file),
        "objects": partial(with_room, store.objects.check, settings.objects_folder),
        "bus": running.bus.check,
        **({} if store.file_store.kind == "dummy" else {"file store": store.file_store.check}),
    }
    return {name: _trouble(check) for name, check in asked.items()}


def paused(running: System) -> Mapping[str, Paused]:
    """Return which consumers of this process wait for a dependency, by name.

    No part of readiness: what they do not take waits in its queue, and requests are accepted.
    """
    waits = {worker.name: worker.waits for worker in running.workers}
    return {name: Paused(what, since) for name, (what, since) in waits.items() if what is not None}


def _trouble(check: Callable[[], None]) -> str | None:
    try:
        check()
    except UnavailableError as error:
        return str(error)
    return None


def _stop(worker: AtWork, seconds: float) -> None:
    if not worker.stop(seconds):
        _log.warning("%s was still at work; its deliveries come again", worker.name)
