"""Events that a consumer has neither finished nor will get: nobody has them, nothing brings them.

A queue that was purged, deleted or lost with its disk leaves no trace in the broker. The ledger
knows what should have come, and the tables what has; what is in neither place is missing.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from schemas.envelope import Envelope
from schemas.routing import is_request
from store.database import Database
from store.ledger import envelope_of
from store.tables import deliveries, events, failures, inbox, leases, outbox, parked

PAGE = 5000
"""Ledger positions that are looked at together."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A consumer, and the events it should have had."""

    consumer: str
    type: str | None
    """Of the events that it listens to; None: of all types."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the ledger."""

    after: int
    """Position, exclusive."""
    last: int
    """Position, inclusive."""
    before: datetime
    """What was recorded, tried or decided later may be on its way."""


def missing(database: Database, reader: Reader, stretch: Stretch) -> Iterator[list[Envelope]]:
    """Yield the events that are missing, page by page, each as the try that it would be next.

    On a broker, what is in the queue or in a consumer's hands looks the same from here. Facts count
    from the first that the consumer has handled: what is older was there before the consumer.
    """
    since = None
    if reader.type is None or not is_request(reader.type):
        since = _first_handled(database, reader.consumer)
        if since is None:
            return
    for after in range(stretch.after, stretch.last, PAGE):
        until = min(after + PAGE, stretch.last)
        found = _unended(database, reader, Stretch(after, until, stretch.before), since)
        away = _on_the_way(database, reader.consumer, [one.key for one in found])
        page = [one for one in found if one.key not in away]
        if page:
            yield page


def _unended(
    database: Database, reader: Reader, stretch: Stretch, since: datetime | None
) -> Sequence[Envelope]:
    mine = {
        table: and_(table.c.event_key == events.c.key, table.c.consumer == reader.consumer)
        for table in (inbox, parked, leases, failures)
    }
    decided = or_(
        parked.c.ending.is_(None), parked.c.ending != "replayed", parked.c.ended_at > stretch.before
    )
    conditions: list[ColumnElement[bool]] = [
        events.c.position > stretch.after,
        events.c.position <= stretch.last,
        events.c.recorded_at < stretch.before,
        # Not `exists`: PostgreSQL would read the whole inbox for it, again for every page.
        select(inbox.c.consumer).where(mine[inbox]).scalar_subquery().is_(None),
        ~select(parked.c.id).where(mine[parked], decided).exists(),
        ~select(leases.c.token).where(mine[leases], leases.c.owner.is_not(None)).exists(),
        ~select(failures.c.id).where(mine[failures], failures.c.retry_at > stretch.before).exists(),
    ]
    if reader.type is not None:
        conditions.append(events.c.type == reader.type)
    if since is not None:
        conditions.append(events.c.recorded_at >= since)
    tried = select(func.max(failures.c.attempt)).where(mine[failures]).scalar_subquery()
    statement = select(events, tried.label("tried")).where(*conditions).order_by(events.c.position)
    # A try that has failed is known as a copy when it comes again: this has to be the next.
    return [envelope_of(row, (row["tried"] or 0) + 1) for row in database.query(statement)]


def _on_the_way(database: Database, consumer: str, keys: Collection[str]) -> set[str]:
    """Return those that will reach the consumer, and those that were never meant to."""
    if not keys:
        return set()
    to_it = or_(outbox.c.exchange != "", outbox.c.routing_key == consumer)
    searches = (
        select(outbox.c.event_key.label("key")).where(outbox.c.event_key.in_(keys), to_it),
        select(deliveries.c.event_key.label("key")).where(
            deliveries.c.event_key.in_(keys), deliveries.c.queue == consumer
        ),
        # An edited event runs for the one consumer that had parked what it replaces.
        select(parked.c.replaced_by.label("key")).where(
            parked.c.replaced_by.in_(keys), parked.c.consumer != consumer
        ),
    )
    return {row["key"] for search in searches for row in database.query(search)}


def _first_handled(database: Database, consumer: str) -> datetime | None:
    first = select(func.min(inbox.c.handled_at).label("at")).where(inbox.c.consumer == consumer)
    at: datetime | None = database.query(first)[0]["at"]
    return at
