"""A relay with an outbox, and a publisher that collects or refuses as a test says."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any

from sqlalchemy import select

from producers.ports import Fate, Publisher
from producers.relay import Relay
from producers.stamping import Stamp
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from store.database import Database
from store.ledger import Entry, Ledger
from store.outbox import Due, Outbox
from store.tables import outbox
from tests.contract.bus_under_test import Clock
from tests.equipment.probing import NAME
from tests.equipment.world import PATIENCE_SECONDS, new_id
from tests.services.waiting import until


@dataclass
class Collector:
    """A publisher whose broker keeps what it takes in a list, and refuses when told to."""

    taken: list[Due] = field(default_factory=list)
    refused: dict[str, Fate] = field(default_factory=dict)
    """What becomes of messages, by destination, where they are not confirmed."""
    trouble: Exception | None = None
    """Raised by every call while it is there."""
    calls: int = 0
    rung: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    closed: bool = False
    before_answer: Callable[[], None] = lambda: None
    _lock: Lock = field(default_factory=Lock)

    def publish(self, batch: Sequence[Due]) -> list[Fate]:
        """Take all that is not refused."""
        with self._lock:
            self.calls += 1
            if self.trouble is not None:
                raise self.trouble
            fates = [self.refused.get(due.destination, Fate.CONFIRMED) for due in batch]
            self.taken += [
                due for due, fate in zip(batch, fates, strict=True) if fate is Fate.CONFIRMED
            ]
            self.before_answer()
            return fates

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Note the ring."""
        if self.trouble is not None:
            raise self.trouble
        self.rung.append((address, operations))

    def check(self) -> None:
        """Answer as the broker would."""
        if self.trouble is not None:
            raise self.trouble

    def close(self) -> None:
        """Note the end."""
        self.closed = True

    @property
    def keys(self) -> list[str]:
        """The keys of what was taken, in order."""
        return [due.envelope.key for due in self.taken]


@dataclass
class Post:
    """A relay, and the outbox of a process."""

    database: Database
    publisher: Publisher
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        """Make the parts; `working` starts them."""
        self.relay = Relay(self.database, self.publisher, self.clock)
        self.outbox = Outbox(new_id, self.relay.offer)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run the relay within the block."""
        self.relay.start()
        try:
            yield
        finally:
            self.relay.stop()

    def send(self, *events: ProbeRequested | ProbeAnswered) -> list[Envelope]:
        """Commit events, to be published from memory."""
        return self._write(self.outbox, events)

    def leave_behind(self, *events: ProbeRequested | ProbeAnswered) -> list[Envelope]:
        """Commit events as a process that dies at once."""
        return self._write(Outbox(new_id, lambda _rows: None), events)

    def schedule(self, envelope: Envelope, after: timedelta) -> None:
        """Have an event delivered to the prober's queue, later."""
        with self.database.transaction() as transaction:
            self.outbox.schedule(transaction, NAME, envelope, self.clock() + after)

    def _write(
        self, where: Outbox, events: Sequence[ProbeRequested | ProbeAnswered]
    ) -> list[Envelope]:
        envelopes = [Stamp("/tests", self.clock, new_id).put_on(event) for event in events]
        with self.database.transaction() as transaction:
            entries = [Entry(one, "accepted", "user:test", self.clock()) for one in envelopes]
            Ledger(where).append(transaction, entries)
        return envelopes

    def rows(self) -> list[dict[str, Any]]:
        """What is still to be published."""
        return [dict(row) for row in self.database.query(select(outbox).order_by(outbox.c.id))]

    def wait_until_empty(self) -> None:
        """Wait until everything has been published."""
        until(lambda: not self.rows(), seconds=PATIENCE_SECONDS, what="an empty outbox")
