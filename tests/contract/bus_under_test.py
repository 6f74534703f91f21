"""A bus to be tested, and what its tests have in common.

Requests (`ProbeRequested`) have one owner here, facts (`ProbeAnswered`) two readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from uuid import uuid4

from consumers.contract import Consumer
from consumers.runtime.source import Delivery, Source
from ops.buses import Bus
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from store.database import Database
from store.ledger import Entry

OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: (), batch=5, prefetch=20)
READER = Consumer("reader", ProbeAnswered, lambda _event, _work: ())
OTHER_READER = Consumer("other-reader", ProbeAnswered, lambda _event, _work: ())
CONSUMERS = (OWNER, READER, OTHER_READER)

PATIENCE_SECONDS = 60.0


class Clock:
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._ahead += by


class StillClock(Clock):
    """One that nothing else puts forward: however slow a test is, no lease runs out meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._now = datetime.now(UTC)

    def __call__(self) -> datetime:
        """The time, UTC."""
        return self._now + self._ahead


@dataclass
class BusUnderTest:
    """One bus, and the database that events are written down in."""

    bus: Bus
    database: Database
    clock: Clock
    lease: timedelta
    """How long what a dead process held stays with it."""

    def open(self, consumer: Consumer[ProbeRequested] | Consumer[ProbeAnswered]) -> Source:
        """Open a consumer's queue, as one more process."""
        return self.bus.source(consumer)

    def send(self, *envelopes: Envelope) -> None:
        """Accept events, in one transaction."""
        with self.database.transaction() as transaction:
            entries = [Entry(one, "accepted", "user:test", self.clock()) for one in envelopes]
            self.bus.ledger.append(transaction, entries)

    def request(self, count: int = 1) -> list[Envelope]:
        """Send requests and return them."""
        sent = [envelope(ProbeRequested(probe=str(number))) for number in range(count)]
        self.send(*sent)
        return sent

    def finish(self, source: Source, deliveries: Sequence[Delivery]) -> None:
        """Do what the runtime does when a batch has been handled."""
        with self.database.transaction() as transaction:
            source.settle(transaction, deliveries)
        source.acknowledge(deliveries)

    def bury(self, source: Source) -> None:
        """Let a process end that holds deliveries, and wait until the bus knows."""
        source.close()
        self.clock.advance(self.lease)


def envelope(event: Event) -> Envelope:
    """Return an event with an envelope."""
    key = str(uuid4())
    return Envelope(
        id=key,
        source="/tests",
        type=event.TYPE,
        correlationid=key,
        subject=event.subject,
        data=event.model_dump_json().encode(),
    )


def take(source: Source, count: int) -> list[Delivery]:
    """Take exactly `count` deliveries, in as many bites as it needs."""
    deadline = monotonic() + PATIENCE_SECONDS
    taken: list[Delivery] = []
    while len(taken) < count:
        assert monotonic() < deadline, f"only {len(taken)} of {count} deliveries came"
        taken += source.take(count - len(taken), deadline - monotonic())
    return taken


def keys(deliveries: Sequence[Delivery]) -> list[str]:
    """Return the events of the deliveries by their keys."""
    return [event_of(delivery).key for delivery in deliveries]


def event_of(delivery: Delivery) -> Envelope:
    """Return the event that was delivered."""
    assert isinstance(delivery.event, Envelope)
    return delivery.event


def nothing_else_comes(bus: BusUnderTest, source: Source) -> bool:
    """Whether the next delivery is one that is sent only now."""
    (last,) = bus.request()
    (delivery,) = take(source, 1)
    return keys([delivery]) == [last.key]


def take_after_sending(bus: BusUnderTest, source: Source) -> list[Delivery]:
    """Make sure that the source is open by having it deliver something."""
    bus.request()
    return take(source, 1)


def new_id() -> str:
    """Return an identifier."""
    return str(uuid4())
