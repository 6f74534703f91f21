"""Read models of the ledger: events, one by one and in pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, func, select

from schemas.envelope import Envelope
from schemas.routing import matches, routing_key
from store.database import Database
from store.ledger import EntryKind, envelope_of
from store.tables import events

WINDOW = 100_000
"""Ledger positions: there is no index by type, and a search for a rare one must end soon too."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event and its place in the ledger."""

    position: int
    envelope: Envelope
    entry: EntryKind
    actor: str
    """Who brought it: `user:NAME`, `amqp`, `consumer:NAME`."""
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Some events in ledger order; a page may be empty and yet not the last."""

    events: Sequence[Recorded]
    next: int | None
    """The position that the next page comes after; None: this was the last."""


@dataclass(frozen=True, slots=True)
class Span:
    """The ledger positions that are kept, the first and the last; both 0 when there is none."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events are asked for; None stands for any."""

    pattern: str | None = None
    """A topic pattern for their routing key, e.g. `file.*.v1`."""
    subject: str | None = None
    correlation: str | None = None
    without: frozenset[str] = frozenset()
    """Types that are left out, whatever else is asked for."""

    def takes(self, envelope: Envelope) -> bool:
        """Whether an event is one of them."""
        return (
            (self.pattern is None or matches(self.pattern, routing_key(envelope.type)))
            and self.subject in {None, envelope.subject}
            and self.correlation in {None, envelope.correlationid}
            and envelope.type not in self.without
        )


EVERYTHING = Selection()


def event(database: Database, key: str) -> Recorded | None:
    """Return one event."""
    rows = database.query(select(events).where(events.c.key == key))
    return recorded(rows[0]) if rows else None


def events_by_key(database: Database, keys: Collection[str]) -> list[Recorded]:
    """Return those of the events that there are, in no order."""
    rows = database.query(select(events).where(events.c.key.in_(keys)))
    return [recorded(row) for row in rows]


def count_caused(database: Database, cause: str, event_type: str) -> int:
    """Count the events of a type that an event led to."""
    statement = select(func.count().label("found")).select_from(events)
    rows = database.query(statement.where(events.c.cause == cause, events.c.type == event_type))
    return int(rows[0]["found"])


def events_after(
    database: Database,
    after: int,
    most: int,
    selection: Selection = EVERYTHING,
    *,
    window: int = WINDOW,
) -> EventsPage:
    """Return up to `most` events that come after a ledger position, in order.

    A search by type alone looks at `window` positions, then goes on on the next page.
    """
    conditions: list[ColumnElement[bool]] = [events.c.position > after]
    if selection.subject is not None:
        conditions.append(events.c.subject == selection.subject)
    if selection.correlation is not None:
        conditions.append(events.c.correlation == selection.correlation)
    end = None
    if selection.pattern is not None:
        conditions.append(events.c.type.like(_like(selection.pattern), escape="\\"))
        if len(conditions) == 2:  # noqa: PLR2004 - position and type, and no index by type
            end = after + window
            conditions.append(events.c.position <= end)
    if selection.without:
        conditions.append(events.c.type.not_in(selection.without))
    statement = select(events).where(*conditions).order_by(events.c.position).limit(most)
    found = [recorded(row) for row in database.query(statement)]
    following = found[-1].position if len(found) == most else end
    if following is not None and following >= span(database).last:
        following = None
    return EventsPage([one for one in found if selection.takes(one.envelope)], following)


def _like(pattern: str) -> str:
    """Return a LIKE pattern for types that takes at least what the topic pattern takes."""
    found = "muniment"
    for word in pattern.split("."):
        if word == "#":
            return found + "%"
        escaped = word.replace("\\", r"\\").replace("_", r"\_").replace("%", r"\%")
        found += "." + ("%" if word == "*" else escaped)
    return found


def latest_events(database: Database, most: int) -> list[Recorded]:
    """Return the newest events, newest first."""
    statement = select(events).order_by(events.c.position.desc()).limit(most)
    return [recorded(row) for row in database.query(statement)]


def span(database: Database) -> Span:
    """Return which part of the ledger there is."""
    # Two subselects: SQLite looks up min and max in the index only when asked for one at a time.
    ends = select(
        select(func.min(events.c.position)).scalar_subquery().label("first"),
        select(func.max(events.c.position)).scalar_subquery().label("last"),
    )
    row = database.query(ends)[0]
    return Span(row["first"] or 0, row["last"] or 0)


def ids_at(database: Database, positions: Collection[int]) -> dict[int, str]:
    """Return the ids of the events at ledger positions, where there are any."""
    statement = select(events.c.position, events.c.id).where(events.c.position.in_(positions))
    return {row["position"]: row["id"] for row in database.query(statement)}


def recorded(row: RowMapping) -> Recorded:
    """Return what a row of `events` says."""
    return Recorded(
        row["position"], envelope_of(row), row["entry"], row["actor"], row["recorded_at"]
    )
