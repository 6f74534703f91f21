"""Fates: what is known of events beyond the ledger.

Who handled them, who works on them, what failed, what was decided, what came of it, where they are.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, RowMapping, Table, select

from schemas.routing import WATCHERS
from store.database import Database
from store.effects import Effect, effects
from store.inbox import Failure, Handled, Kind
from store.leases import Progress
from store.parked import Ending
from store.tables import deliveries, failures, inbox, leases, outbox, parked

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parking:
    """An event set aside for a person, and what the person decided."""

    id: str
    consumer: str
    reason: str
    attempts: int
    parked_at: datetime
    kind: Kind = "transient"
    ending: Ending | None = None
    """None: it still waits."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    note: str | None = None
    replaced_by: str | None = None
    """Key of the edited event that runs in its place."""


@dataclass(frozen=True, slots=True)
class Leased:
    """Work on an event that has begun under a lease and is not finished."""

    consumer: str
    attempt: int
    owner: str | None
    """The process that works on it; None: it waits to be delivered again."""
    began_at: datetime
    """When it was first worked on."""
    until: datetime | None
    """When the owner is taken for dead."""
    crashes: int
    """Processes in a row that died of it without a checkpoint."""
    checkpointed: bool
    """Whether the next owner can go on from somewhere."""
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place where an event still waits."""

    place: str
    """`queue NAME`, `outbox to EXCHANGE`: its way to the broker."""
    attempt: int
    not_before: datetime | None
    """None: it is not known when it came there."""
    held_by: str | None
    """The process that works on it, if that is known."""
    consumer: str | None = None
    """Whose queue it is; None: it has not been put into queues yet."""
    held_until: datetime | None = None
    """When the holder is taken for dead."""
    tries: int = 0
    """How often publishing it has failed."""
    because: Sequence[str] = ()
    """What it waits for, in words: `store.waiting`."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of one event."""

    handled: Sequence[Handled]
    failures: Sequence[Failure]
    """Tries that failed, oldest first."""
    parked: Sequence[Parking]
    waiting: Sequence[Waiting]
    leased: Sequence[Leased]
    effects: Sequence[Effect]


def fates(database: Database, keys: Collection[str]) -> Callable[[str], Fate]:
    """Look up some events, and return what tells the fate of each by its key."""

    def gather(
        table: Table,
        order: "Column[Any]",
        read: Callable[[RowMapping], T],
        *conditions: ColumnElement[bool],
    ) -> Mapping[str, list[T]]:
        found: dict[str, list[T]] = defaultdict(list)
        statement = select(table).where(table.c.event_key.in_(keys), *conditions).order_by(order)
        for row in database.query(statement):
            found[row["event_key"]].append(read(row))
        return found

    # Who watches everything is worth a line where something is wrong with it, and no other.
    owned = inbox.c.consumer.not_in(WATCHERS)
    handled = gather(inbox, inbox.c.handled_at, lambda row: Handled(**row), owned)
    failed = gather(failures, failures.c.id, _failure)
    parkings = gather(parked, parked.c.id, _parking)
    in_owned = deliveries.c.queue.not_in(WATCHERS)
    in_queues = gather(deliveries, deliveries.c.id, _in_queue, in_owned)
    in_outbox = gather(outbox, outbox.c.id, _in_outbox)
    under_lease = gather(leases, leases.c.began_at, _leased)
    came_of = effects(database, keys)

    def fate(key: str) -> Fate:
        return Fate(
            handled=handled.get(key, []),
            failures=failed.get(key, []),
            parked=parkings.get(key, []),
            waiting=[*in_queues.get(key, ()), *in_outbox.get(key, ())],
            leased=under_lease.get(key, []),
            effects=came_of.get(key, []),
        )

    return fate


def _failure(row: RowMapping) -> Failure:
    return Failure(**{name: value for name, value in row.items() if name != "id"})


def _parking(row: RowMapping) -> Parking:
    return Parking(**{name: row[name] for name in Parking.__slots__})


def _in_queue(row: RowMapping) -> Waiting:
    return Waiting(
        f"queue {row['queue']}",
        row["attempt"],
        row["not_before"],
        row["lease_owner"],
        consumer=row["queue"],
        held_until=row["lease_until"],
    )


def _in_outbox(row: RowMapping) -> Waiting:
    # The default exchange delivers to the one queue that the routing key names.
    queue = None if row["exchange"] else row["routing_key"]
    place = f"outbox to {row['exchange'] or f'queue {queue}'}"
    attempt, due = row["attempt"], row["not_before"]
    return Waiting(place, attempt, due, None, consumer=queue, tries=row["tries"])


def _leased(row: RowMapping) -> Leased:
    progress = None
    if row["done"] is not None:
        progress = Progress(row["done"], row["total"], row["unit"])
    return Leased(
        consumer=row["consumer"],
        attempt=row["attempt"],
        owner=row["owner"],
        began_at=row["began_at"],
        until=row["until"],
        crashes=row["crashes"],
        checkpointed=row["checkpoint"] is not None,
        progress=progress,
    )
