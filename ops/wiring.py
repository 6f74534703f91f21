"""The composition root: settings become a running system.

Nothing else chooses an implementation.
"""

import logging
import random
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from consumers.registry import CONSUMERS
from consumers.runtime.equipment import Equipment
from consumers.runtime.worker import Worker
from http_ingress.application import application
from http_ingress.ports import Limits, Listener, Ports
from http_ingress.server import HttpServer, listen
from ops.buses import Bus, EmbeddedBus, RabbitBus, Surroundings
from ops.canary import Canary
from ops.caretaker import Caretaker
from ops.metrics import Metrics
from ops.settings import EMBEDDED, Settings
from ops.stores import Store, clock, new_id, new_secret, open_store, prepare
from ops.topology import Topology, derive
from producers.acceptor import Acceptor
from producers.doorbell import Waiters
from producers.stamping import Stamp
from store.errors import SetupError, UnavailableError
from store.work import SqlWork

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Links:
    """URLs of this installation."""

    public_url: str

    def content(self, file_id: str) -> str:
        """Return the URL of a file version's bytes."""
        return f"{self.public_url}/files/{file_id}/content"


@dataclass(frozen=True)
class System:
    """A running system, or one process of it."""

    settings: Settings
    store: Store
    bus: Bus
    metrics: Metrics
    workers: Sequence[Worker]
    url: str
    """Where its ingress listens, or whom it takes for it."""

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
    chosen = [consumer for consumer in CONSUMERS if consumer.name in consumers]
    unknown = set(consumers) - {consumer.name for consumer in chosen}
    if unknown:
        names = ", ".join(consumer.name for consumer in CONSUMERS)
        raise SetupError(f"no consumer {', '.join(sorted(unknown))}; there are: {names}")
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
        around = Surroundings(
            store.database, CONSUMERS, Waiters(new_id()), settings.instance, clock, new_id
        )
        bus = open_bus(settings, around)
        metrics = Metrics(store.database, clock)
        if ingress:
            bus.prepare()
        bus.start(listening=ingress)
        stack.callback(bus.stop)
        stamp = Stamp(f"/{settings.instance}", clock, new_id)
        equipment = Equipment(
            database=store.database,
            ledger=bus.ledger,
            stamp=stamp,
            make_work=lambda transaction, key, position, now: SqlWork(
                transaction, key, position, now, store.objects, store.sources, links, new_id
            ),
            doorbell=bus.doorbell,
            telemetry=metrics,
            clock=clock,
            random=random.random,
            new_id=new_id,
        )
        probes = {"database": store.database.check, "objects": store.objects.check}
        workers = [Worker(one, bus.source(one), equipment, probes) for one in chosen]
        for worker in workers:
            worker.start()
            stack.callback(_stop, worker, settings.drain_seconds)
        # Draining all before waiting for the first lets them finish side by side.
        running = System(settings, store, bus, metrics, workers, url)
        stack.callback(running.drain)
        if listening is not None:
            stack.enter_context(_serving(running, around, stamp, listening))
        yield running


def open_bus(settings: Settings, around: Surroundings) -> Bus:
    """Return the bus that the settings name, not yet started."""
    if settings.bus_url == EMBEDDED:
        return EmbeddedBus(around)
    return RabbitBus(settings.bus_url, topology(settings), around)


def topology(settings: Settings) -> Topology:
    """Return what exchanges and queues the broker must have."""
    return derive(CONSUMERS, archived_fits=settings.archived_fits_exchange)


@contextmanager
def _serving(
    running: System, around: Surroundings, stamp: Stamp, listening: socket.socket
) -> Iterator[None]:
    store, settings = running.store, running.settings
    acceptor = Acceptor(store.database, running.bus.ledger, clock)
    staging = timedelta(hours=settings.staging_hours)
    caretaker = Caretaker(store.database, store.objects, staging, clock)
    ports = Ports(
        database=store.database,
        objects=store.objects,
        acceptor=acceptor,
        stamp=stamp,
        waiters=around.waiters,
        accounts=store.accounts,
        listeners=[
            Listener(one.name, one.listens_to.TYPE, tuple(event.TYPE for event in one.publishes))
            for one in CONSUMERS
        ],
        queues=running.bus.queues,
        readiness=partial(readiness, running),
        canary=Canary(store.database, acceptor, stamp, around.waiters).trouble,
        render_metrics=running.metrics.render,
        observe=running.metrics.observe,
        clock=clock,
        new_id=new_id,
        new_secret=new_secret,
        public_url=running.url,
        public_reads=settings.public_reads,
        limits=Limits(largest_body=settings.largest_batch, largest_upload=settings.largest_upload),
    )
    server = HttpServer(application(ports), listening)
    with ExitStack() as stack:
        for part in (acceptor, server, caretaker):
            part.start()
            stack.callback(part.stop)
        yield


def readiness(running: System) -> Mapping[str, str | None]:
    """Say of each dependency what is wrong with it, or None. Blocks while it asks them."""
    asked = {
        "database": running.store.database.check,
        "objects": running.store.objects.check,
        "bus": running.bus.check,
    }
    return {name: _trouble(check) for name, check in asked.items()}


def _trouble(check: Callable[[], None]) -> str | None:
    try:
        check()
    except UnavailableError as error:
        return str(error)
    return None


def _stop(worker: Worker, seconds: float) -> None:
    if not worker.stop(seconds):
        _log.warning("%s was still at work; its deliveries come again", worker.consumer.name)
