"""A whole Muniment but for HTTP, of real parts, in each of the worlds it can live in."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from typing import Any

import uuid_utils
from sqlalchemy import Table, func, select

from consumers.contract import Consumer
from consumers.runtime.equipment import Equipment
from consumers.runtime.source import Source
from consumers.runtime.sweeping import Sweeper
from consumers.runtime.telemetry import Ending
from consumers.runtime.worker import Worker
from ops.archive_settings import ArchiveSettings
from ops.buses import Bus, EmbeddedBus, RabbitBus, Surroundings
from ops.topology import apply, derive
from producers.doorbell import Waiters
from producers.notices import NoNotices
from producers.stamping import Stamp
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.packaging import Packaging
from schemas.routing import exchange, is_request, routing_key
from store import tables
from store.components.pollster import WebPollster
from store.components.ports import Pollster
from store.database import Database, Transaction, open_database
from store.errors import UnavailableError
from store.file_stores.none import NoFileStore
from store.file_stores.ports import FileStore
from store.fits.keys import HeaderMapping
from store.fixity import Measure
from store.frames.describing import Describing
from store.inbox import Kind
from store.keys import staging_key
from store.ledger import Entry
from store.notice_ports import Notices
from store.objects_local import LocalObjectStore
from store.outgoing import Outgoing
from store.package_ports import Mailer, Scratch
from store.ports import HasLease, ObjectStore, Sources, Upload, Work
from store.scratch import LocalScratch
from store.smtp import open_mailer
from store.sources import GuardedSources
from store.uploads import upload_row
from store.work import Outside, SqlWork
from tests.contract.bus_under_test import Clock
from tests.services.waiting import until

EMBEDDED = "embedded:"
PATIENCE_SECONDS = 60.0


def new_id() -> str:
    """Return a UUIDv7."""
    return str(uuid_utils.uuid7())


def answered(probe: Callable[[], bool]) -> Callable[[], bool]:
    """Return the probe that says no for as long as what it asks does not answer."""

    def asked() -> bool:
        try:
            return probe()
        except UnavailableError:
            return False

    return asked


class Links:
    """URLs of an archive that nobody visits."""

    def content(self, file_id: str) -> str:
        """Return the URL of a file version's bytes."""
        return f"https://archive.example.org/files/{file_id}/content"

    def package(self, name: str) -> str:
        """Return the URL of a zip."""
        return f"https://archive.example.org/packager/resources/{name}"


@dataclass
class Tally:
    """Counts what a runtime tells, of all consumers together."""

    endings: Counter[Ending] = field(default_factory=Counter)
    failures: Counter[Kind] = field(default_factory=Counter)
    batches: list[int] = field(default_factory=list)
    pauses: list[str | None] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def ended(self, consumer: str, ending: Ending, count: int) -> None:
        """Count endings."""
        del consumer
        with self._lock:
            self.endings[ending] += count

    def failed(self, consumer: str, kind: Kind) -> None:
        """Count failed tries."""
        del consumer
        with self._lock:
            self.failures[kind] += 1

    def took(self, consumer: str, seconds: float, count: int) -> None:
        """Note the size of a batch."""
        del consumer, seconds
        self.batches.append(count)

    def paused(self, consumer: str, dependency: str | None) -> None:
        """Note what is waited for."""
        del consumer
        self.pauses.append(dependency)


@dataclass
class World:
    """The parts, and what tests do with them again and again."""

    database: Database
    bus: Bus
    objects: ObjectStore
    inbox: Path
    """A folder whose files may be ingested."""
    clock: Clock
    waiters: Waiters
    tally: Tally = field(default_factory=Tally)
    lease: timedelta = timedelta(seconds=30)
    """How long a process that says nothing is believed to live."""
    mailer: Mailer = field(default_factory=lambda: open_mailer("smtp://127.0.0.1:1"))
    """There is no mail server unless a test has one."""
    pollster: Pollster = field(
        default_factory=lambda: WebPollster(Outgoing(["127.0.0.1"]), PATIENCE_SECONDS)
    )
    packaging: Packaging = field(default_factory=Packaging)
    file_store: FileStore = field(default_factory=NoFileStore)
    notices: Notices = field(default_factory=NoNotices)
    describing: Describing = field(
        default_factory=lambda: Describing(
            wanted=True, mapping=HeaderMapping(), rules=ArchiveSettings().post_rules
        )
    )
    scratch: Scratch | None = None
    """None: a folder on a disk that is never full."""

    @cached_property
    def sources(self) -> Sources:
        """Places that may be read from: the inbox alone."""
        return GuardedSources(inbox_dirs=[self.inbox], buckets=(), s3=None, fetch_allow=())

    @cached_property
    def outside(self) -> Outside:
        """What the work of all events shares."""
        return Outside(
            database=self.database,
            objects=self.objects,
            sources=self.sources,
            links=Links(),
            new_id=new_id,
            new_secret=lambda: token_urlsafe(32),
            web=Outgoing(["127.0.0.1"]),
            pollster=self.pollster,
            chance=lambda: 0.5,
            mailer=self.mailer,
            scratch=self.scratch or LocalScratch(self.inbox.parent / "scratch", reserve=0),
            packaging=self.packaging,
            anonymise=str,
            file_store=self.file_store,
            notices=self.notices,
            describing=self.describing,
        )

    @property
    def stamp(self) -> Stamp:
        """Puts context attributes on events."""
        return Stamp("/tests", self.clock, new_id)

    @property
    def equipment(self) -> Equipment:
        """What a runtime works with; chance is always a half."""
        return Equipment(
            database=self.database,
            ledger=self.bus.ledger,
            stamp=self.stamp,
            make_work=self.make_work,
            doorbell=self.bus.doorbell,
            telemetry=self.tally,
            clock=self.clock,
            random=lambda: 0.5,
            new_id=new_id,
            process=f"test.{os.getpid()}",
            lease=self.lease,
        )

    def make_work(
        self,
        transaction: Transaction,
        key: str,
        position: int,
        now: datetime,
        lease: HasLease | None = None,
    ) -> Work:
        """Return the work for one event."""
        return SqlWork(transaction, key, position, now, self.outside, lease)

    @property
    def sweeper(self) -> Sweeper:
        """Takes leases from the dead."""
        outlet = self.bus.ledger.outlet
        return Sweeper(self.database, outlet, self.tally, self.clock, new_id)

    # --- events in --------------------------------------------------------------------------------

    def accept(self, *events: Event | Envelope, replyto: str | None = None) -> list[Envelope]:
        """Write events down and let them leave, as the acceptor does."""
        envelopes = [
            self.stamp.put_on(one, replyto=replyto) if isinstance(one, Event) else one
            for one in events
        ]
        with self.database.transaction() as transaction:
            entries = [Entry(one, "accepted", "user:test", self.clock()) for one in envelopes]
            self.bus.ledger.append(transaction, entries)
        return envelopes

    def deliver(self, envelope: Envelope, queue: str) -> None:
        """Put an event of the ledger into one queue, once more."""
        row = {"event_key": envelope.key, "attempt": envelope.attempt, "not_before": self.clock()}
        with self.database.transaction() as transaction:
            if isinstance(self.bus, EmbeddedBus):
                transaction.insert(tables.deliveries, [{**row, "queue": queue, "taken": 0}])
            else:
                # By its exchange, as a relay that died before it forgot the row.
                to = {
                    "exchange": exchange(envelope.type),
                    "routing_key": routing_key(envelope.type),
                }
                transaction.insert(tables.outbox, [{**row, **to, "id": new_id(), "tries": 0}])

    def receive(self, data: bytes, upload_id: str | None = None) -> Upload:
        """Stage bytes and remember them, as the HTTP ingress does."""
        measure = Measure()
        measure.update(data)
        fixity = measure.fixity()
        key = upload_id or new_id()
        digests = (fixity.size, fixity.sha256, fixity.md5)
        upload = Upload(key, staging_key(key), *digests, None, self.clock())
        with self.objects.create(upload.object_key) as sink:
            sink.write(data)
        with self.database.transaction() as transaction:
            transaction.insert(tables.uploads, [upload_row(upload)])
        return upload

    # --- consumers at work ------------------------------------------------------------------------

    @contextmanager
    def working(
        self,
        consumer: Consumer[Any],
        *,
        around: Callable[[Source], Source] = lambda source: source,
        probes: Mapping[str, Callable[[], None]] | None = None,
    ) -> Iterator[Worker]:
        """Run a consumer within the block; `around` may put something before its source."""
        source = around(self.bus.source(consumer))
        worker = Worker(consumer, source, self.equipment, probes or {})
        worker.start()
        try:
            yield worker
        finally:
            assert worker.stop(PATIENCE_SECONDS)

    def work_off(self, consumer: Consumer[Any]) -> None:
        """Run a consumer until nothing is left to do."""
        with self.working(consumer):
            self.wait_until_at_rest()

    # --- looking ----------------------------------------------------------------------------------

    def rows(self, table: Table, **like: object) -> list[dict[str, Any]]:
        """Return the rows of a table that have these values, in order of their keys."""
        statement = select(table).order_by(*table.primary_key.columns)
        for column, value in like.items():
            statement = statement.where(table.c[column] == value)
        return [dict(row) for row in self.database.query(statement)]

    def count(self, table: Table, **like: object) -> int:
        """Count the rows of a table that have these values."""
        statement = select(func.count().label("found")).select_from(table)
        for column, value in like.items():
            statement = statement.where(table.c[column] == value)
        return int(self.database.query(statement)[0]["found"])

    def wait_for(self, table: Table, count: int, **like: object) -> None:
        """Wait until a table has so many rows with these values."""
        until(
            answered(lambda: self.count(table, **like) == count),
            seconds=PATIENCE_SECONDS,
            what=f"{count} rows of {table.name} like {like}",
        )

    def at_rest(self) -> bool:
        """Whether every request has ended, and nothing is in a queue or to be published."""
        # What has ended first: else what it asks for may come in between.
        ended = {
            row["event_key"] for table in (tables.inbox, tables.parked) for row in self.rows(table)
        }
        asked = {row["key"] for row in self.rows(tables.events) if is_request(row["type"])}
        return asked <= ended and not (
            self.count(tables.deliveries)
            or self.count(tables.outbox)
            or any(row["owner"] for row in self.rows(tables.leases))
            or any(depth.ready for depth in self.bus.queues())
        )

    def wait_until_at_rest(self) -> None:
        """Wait until every event has been brought to its end."""
        until(answered(self.at_rest), seconds=PATIENCE_SECONDS, what="all queues to be empty")


@contextmanager
def open_world(
    consumers: Sequence[Consumer[Any]],
    *,
    database_url: str,
    bus_url: str = EMBEDDED,
    folder: Path,
    instance: str = "test",
) -> Iterator[World]:
    """Open a world, and make of it what is not there yet: several processes may share one."""
    with ExitStack() as stack:
        database = open_database(database_url)
        stack.callback(database.close)
        tables.metadata.create_all(database.engine)
        clock, waiters = Clock(), Waiters(f"ingress@{instance}")
        around = Surroundings(database, consumers, waiters, instance, clock, new_id)
        bus: Bus = EmbeddedBus(around)
        if bus_url != EMBEDDED:
            topology = derive(consumers)
            assert apply(bus_url, topology) == []
            bus = RabbitBus(bus_url, topology, around)
        bus.start(listening=False)
        stack.callback(bus.stop)
        inbox = folder / "inbox"
        inbox.mkdir(exist_ok=True)
        objects = LocalObjectStore(folder / "objects")
        yield World(database, bus, objects, inbox, clock, waiters)
