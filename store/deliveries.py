"""Queues as rows: the embedded bus.

A delivery is written in the transaction that appends its event, and removed in the transaction of
its effects. Whoever takes one holds a lease on it; a process that dies lets its leases run out.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, update

from schemas.envelope import Envelope
from store.database import Database, Transaction
from store.ledger import Departure, envelope_of
from store.tables import deliveries, events


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds deliveries, and until when that is believed."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """One delivery that this process holds."""

    id: int
    envelope: Envelope
    seen: int
    """How often some process has held it before and did not finish."""


class Deliveries:
    """Writes deliveries into the queues that are bound for an event.

    `queues_for` names them, given an exchange and a routing key; `wake` is told, after the commit,
    which queues have something new.
    """

    def __init__(
        self,
        queues_for: Callable[[str, str], Sequence[str]],
        wake: Callable[[Collection[str]], None],
    ) -> None:
        self._queues_for = queues_for
        self._wake = wake

    def dispatch(
        self, transaction: Transaction, departures: Sequence[Departure], now: datetime
    ) -> None:
        """Put each event into every queue bound for it."""
        rows = [
            _row(queue, departure.envelope, now)
            for departure in departures
            for queue in self._queues_for(departure.exchange, departure.routing_key)
        ]
        if rows:
            transaction.insert(deliveries, rows)
            queues = {str(row["queue"]) for row in rows}
            transaction.on_commit(lambda: self._wake(queues))

    def schedule(
        self, transaction: Transaction, queue: str, envelope: Envelope, not_before: datetime
    ) -> None:
        """Put the event into one queue."""
        transaction.insert(deliveries, [_row(queue, envelope, not_before)])
        transaction.on_commit(lambda: self._wake([queue]))


def take(database: Database, queue: str, lease: Lease, now: datetime, most: int) -> list[Taken]:
    """Lease up to `most` deliveries that are due and not held, oldest first."""
    with database.transaction() as transaction:
        free = (
            select(deliveries.c.id)
            .where(
                deliveries.c.queue == queue,
                deliveries.c.not_before <= now,
                or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < now),
            )
            .order_by(deliveries.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            # As a plain subquery it may run once per row, and then lease more than `most`.
            .cte("free")
        )
        leased = transaction.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(select(free.c.id)))
            .values(lease_owner=lease.owner, lease_until=lease.until, taken=deliveries.c.taken + 1)
            .returning(deliveries.c.id)
        ).scalars()
        return _read(transaction, list(leased))


def _read(transaction: Transaction, ids: Collection[int]) -> list[Taken]:
    if not ids:
        return []
    rows = transaction.execute(
        select(
            deliveries.c.id.label("delivery_id"), deliveries.c.attempt, deliveries.c.taken, events
        )
        .join(events, events.c.key == deliveries.c.event_key)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    ).mappings()
    return [
        Taken(row["delivery_id"], envelope_of(row, row["attempt"]), row["taken"] - 1)
        for row in rows
    ]


def is_due(database: Database, queue: str, now: datetime) -> bool:
    """Whether the queue has anything to take; a reading look that waits for no writer."""
    return bool(
        database.query(
            select(deliveries.c.id)
            .where(
                deliveries.c.queue == queue,
                deliveries.c.not_before <= now,
                or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < now),
            )
            .limit(1)
        )
    )


def remove(transaction: Transaction, ids: Collection[int], owner: str) -> bool:
    """Remove finished deliveries; False when another process holds one of them by now."""
    result = transaction.execute(
        delete(deliveries).where(deliveries.c.id.in_(ids), deliveries.c.lease_owner == owner)
    )
    return result.rowcount == len(ids)


def put_back(
    transaction: Transaction, delivery_id: int, owner: str, attempt: int, not_before: datetime
) -> bool:
    """Let a delivery come again later; False when another process holds it by now."""
    result = transaction.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.lease_owner == owner)
        .values(attempt=attempt, not_before=not_before, lease_owner=None, lease_until=None, taken=0)
    )
    return result.rowcount == 1


def release(database: Database, ids: Collection[int], owner: str) -> None:
    """Give deliveries back untouched."""
    with database.transaction() as transaction:
        transaction.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids), deliveries.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None, taken=deliveries.c.taken - 1)
        )


def extend(database: Database, ids: Collection[int], lease: Lease) -> None:
    """Keep those deliveries that the lease's owner still holds until its new end."""
    with database.transaction() as transaction:
        transaction.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids), deliveries.c.lease_owner == lease.owner)
            .values(lease_until=lease.until)
        )


def counts(database: Database, now: datetime) -> dict[str, tuple[int, int, int]]:
    """Return (ready, held, delayed) per queue that has anything."""
    held = and_(deliveries.c.lease_until.is_not(None), deliveries.c.lease_until >= now)
    delayed = deliveries.c.not_before > now
    rows = database.query(
        select(
            deliveries.c.queue,
            func.count().label("all"),
            func.count().filter(held).label("held"),
            func.count().filter(delayed).label("delayed"),
        ).group_by(deliveries.c.queue)
    )
    return {
        row["queue"]: (row["all"] - row["held"] - row["delayed"], row["held"], row["delayed"])
        for row in rows
    }


def _row(queue: str, envelope: Envelope, not_before: datetime) -> dict[str, object]:
    return {
        "queue": queue,
        "event_key": envelope.key,
        "attempt": envelope.attempt,
        "taken": 0,
        "not_before": not_before,
    }
