"""The causal tree: everything that followed from one request, and where each part of it stands."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, RowMapping, Table, or_, select

from store.database import Database
from store.inbox import Failure, Handled
from store.tables import deliveries, events, failures, files, inbox, outbox, parked
from store.views import Recorded, recorded

MOST_EVENTS = 1000
"""Events of one tree that are shown."""
T = TypeVar("T")
_ByKey = defaultdict[str, list[T]]

_RECENT = 100_000
"""Ledger positions, from the end, that are searched for an id that is no key."""


@dataclass(frozen=True, slots=True)
class Parking:
    """An event set aside for a person."""

    id: str
    consumer: str
    reason: str
    attempts: int
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A place where an event still waits."""

    place: str
    """`queue NAME`, `outbox to EXCHANGE`: its way to the broker."""
    attempt: int
    not_before: datetime
    held_by: str | None
    """The process that works on it, if that is known."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the tree, what became of it, and what followed from it."""

    event: Recorded
    handled: Sequence[Handled]
    failures: Sequence[Failure]
    """Tries that failed, oldest first."""
    parked: Sequence[Parking]
    waiting: Sequence[Waiting]
    followed_by: Sequence["Step"]


@dataclass(frozen=True, slots=True)
class Why:
    """The whole tree around something that was asked for."""

    correlation: str
    focus: str
    """Key of the event that was asked for, or that stands for what was."""
    roots: Sequence[Step]
    """What began it; several when the cause of some is not in the ledger."""
    complete: bool
    """False: there are more than `MOST_EVENTS` events."""


def why(database: Database, asked: str) -> Why | None:
    """Return the tree around an event key or id, an operation, a file id or a file name.

    A file name stands for its newest event. Ids that are no UUID are looked for among recent
    events only. None: nothing by that name is known.
    """
    focus = _find(database, asked)
    if focus is None:
        return None
    correlation = focus["correlation"]
    tree = select(events).where(
        or_(events.c.correlation == correlation, events.c.key == correlation)
    )
    rows = database.query(tree.order_by(events.c.position).limit(MOST_EVENTS + 1))
    shown = rows[:MOST_EVENTS]
    facts = _Facts(database, [row["key"] for row in shown])
    return Why(correlation, focus["key"], _grow(shown, facts), len(rows) <= MOST_EVENTS)


def _find(database: Database, asked: str) -> RowMapping | None:
    newest = events.c.position.desc()
    recent = select(events.c.position).order_by(newest).offset(_RECENT).limit(1).scalar_subquery()
    request = select(files.c.archived_by).where(files.c.id == asked).scalar_subquery()
    searches: Sequence[tuple[ColumnElement[bool], ...]] = (
        (events.c.key == asked,),
        (events.c.key == request,),
        (events.c.subject == asked,),
        (events.c.id == asked, or_(recent.is_(None), events.c.position > recent)),
    )
    for conditions in searches:
        found = database.query(select(events).where(*conditions).order_by(newest).limit(1))
        if found:
            return found[0]
    return None


class _Facts:
    """What is known of some events beyond the ledger, by their key."""

    def __init__(self, database: Database, keys: Collection[str]) -> None:
        def gather(table: Table, order: Column[Any], read: Callable[[RowMapping], T]) -> _ByKey[T]:
            found: _ByKey[T] = defaultdict(list)
            statement = select(table).where(table.c.event_key.in_(keys)).order_by(order)
            for row in database.query(statement):
                found[row["event_key"]].append(read(row))
            return found

        self.handled = gather(inbox, inbox.c.handled_at, lambda row: Handled(**row))
        self.failures = gather(failures, failures.c.id, _failure)
        self.parked = gather(parked, parked.c.id, _parking)
        self.in_queues = gather(deliveries, deliveries.c.id, _in_queue)
        self.in_outbox = gather(outbox, outbox.c.id, _in_outbox)

    def step(self, row: RowMapping, followed_by: Sequence[Step]) -> Step:
        """Return an event with what is known of it."""
        key = row["key"]
        return Step(
            event=recorded(row),
            handled=self.handled[key],
            failures=self.failures[key],
            parked=self.parked[key],
            waiting=self.in_queues[key] + self.in_outbox[key],
            followed_by=followed_by,
        )


def _failure(row: RowMapping) -> Failure:
    return Failure(**{name: value for name, value in row.items() if name != "id"})


def _parking(row: RowMapping) -> Parking:
    return Parking(row["id"], row["consumer"], row["reason"], row["attempts"], row["parked_at"])


def _in_queue(row: RowMapping) -> Waiting:
    place = f"queue {row['queue']}"
    return Waiting(place, row["attempt"], row["not_before"], row["lease_owner"])


def _in_outbox(row: RowMapping) -> Waiting:
    # The default exchange delivers to the one queue that the routing key names.
    place = f"outbox to {row['exchange']}" if row["exchange"] else f"queue {row['routing_key']}"
    return Waiting(place, row["attempt"], row["not_before"], None)


def _grow(rows: Sequence[RowMapping], facts: _Facts) -> list[Step]:
    """Return the roots; each event hangs below its cause, all in ledger order."""
    positions = {row["key"]: row["position"] for row in rows}
    below: dict[str | None, list[Step]] = defaultdict(list)
    # From the end, so that what hangs below an event is there before it. An outsider may name a
    # cause that came later, even itself; such an event is a root.
    for row in reversed(rows):
        step = facts.step(row, below[row["key"]][::-1])
        earlier = positions.get(row["cause"], row["position"]) < row["position"]
        below[row["cause"] if earlier else None].append(step)
    return below[None][::-1]
