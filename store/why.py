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
    """One event of the tree, and what became of it."""

    depth: int
    """How many events above it led to it; 0: it began the tree."""
    event: Recorded
    handled: Sequence[Handled]
    failures: Sequence[Failure]
    """Tries that failed, oldest first."""
    parked: Sequence[Parking]
    waiting: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class Why:
    """The whole tree around something that was asked for."""

    correlation: str
    focus: str
    """Key of the event that was asked for, or that stands for what was."""
    steps: Sequence[Step]
    """Each event stands behind its cause and before the next of equal depth, in ledger order."""
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
    if focus["key"] not in {row["key"] for row in shown}:
        shown[-1] = focus
    facts = _Facts(database, [row["key"] for row in shown])
    return Why(correlation, focus["key"], _walk(shown, facts), len(rows) <= MOST_EVENTS)


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

    def step(self, row: RowMapping, depth: int) -> Step:
        """Return an event with what is known of it."""
        key = row["key"]
        return Step(
            depth=depth,
            event=recorded(row),
            handled=self.handled[key],
            failures=self.failures[key],
            parked=self.parked[key],
            waiting=self.in_queues[key] + self.in_outbox[key],
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


def _walk(rows: Sequence[RowMapping], facts: _Facts) -> list[Step]:
    """Return the tree from its root, or roots where a cause is not in the ledger."""
    positions = {row["key"]: row["position"] for row in rows}
    below: dict[str | None, list[RowMapping]] = defaultdict(list)
    for row in reversed(rows):
        # An outsider may name a cause that came later, even itself; such an event is a root.
        earlier = positions.get(row["cause"], row["position"]) < row["position"]
        below[row["cause"] if earlier else None].append(row)
    steps = []
    ahead = [(row, 0) for row in below[None]]
    while ahead:
        row, depth = ahead.pop()
        steps.append(facts.step(row, depth))
        ahead += [(child, depth + 1) for child in below[row["key"]]]
    return steps
