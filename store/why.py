"""The causal tree: everything that followed from one request, and where each part of it stands."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, RowMapping, or_, select

from store.database import Database
from store.effects import Effect
from store.fates import Fate, Leased, Parking, Waiting, fates
from store.inbox import Failure, Handled
from store.tables import events, files
from store.views import Recorded, recorded

MOST_EVENTS = 1000
"""Events of one tree that are shown."""

_RECENT = 100_000
"""Ledger positions, from the end, that are searched for an id that is no key."""


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
    leased: Sequence[Leased] = ()
    effects: Sequence[Effect] = ()


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


def why(database: Database, asked: str, without: Collection[str] = ()) -> Why | None:
    """Return the tree around an event key or id, an operation, a file id or a file name.

    A file name stands for its newest event. Ids that are no UUID are looked for among recent
    events only. None: nothing by that name is known, if events of the types `without` do not count.
    """
    focus = _find(database, asked, without)
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
    fate = fates(database, [row["key"] for row in shown])
    return Why(correlation, focus["key"], _walk(shown, fate), len(rows) <= MOST_EVENTS)


def _find(database: Database, asked: str, without: Collection[str]) -> RowMapping | None:
    newest = events.c.position.desc()
    recent = select(events.c.position).order_by(newest).offset(_RECENT).limit(1).scalar_subquery()
    request = select(files.c.archived_by).where(files.c.id == asked).scalar_subquery()
    searches: Sequence[tuple[ColumnElement[bool], ...]] = (
        (events.c.key == asked,),
        (events.c.key == request,),
        (events.c.subject == asked,),
        (events.c.id == asked, or_(recent.is_(None), events.c.position > recent)),
    )
    others = events.c.type.not_in(without)
    for conditions in searches:
        found = database.query(select(events).where(*conditions, others).order_by(newest).limit(1))
        if found:
            return found[0]
    return None


def _step(row: RowMapping, depth: int, fate: Fate) -> Step:
    return Step(
        depth=depth,
        event=recorded(row),
        handled=fate.handled,
        failures=fate.failures,
        parked=fate.parked,
        waiting=fate.waiting,
        leased=fate.leased,
        effects=fate.effects,
    )


def _walk(rows: Sequence[RowMapping], fate: Callable[[str], Fate]) -> list[Step]:
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
        steps.append(_step(row, depth, fate(row["key"])))
        ahead += [(child, depth + 1) for child in below[row["key"]]]
    return steps
