"""Parked events: what could not be handled, kept until a person has decided about it.

Rows are never removed: what was decided, when, by whom and why stays with them.
"""

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic_core import to_json
from sqlalchemy import ColumnElement, RowMapping, Select, func, select, update

from schemas.envelope import Envelope
from store import leases
from store.database import Database, Transaction
from store.inbox import Failure, Kind, record_failure
from store.ledger import Outlet, envelope_of
from store.tables import events, parked

Ending = Literal["replayed", "edited", "discarded"]


@dataclass(frozen=True, slots=True)
class Parked:
    """One event, or one message that is no event, that is set aside for a person."""

    id: str
    """UUIDv7, so that they sort by time."""
    consumer: str
    event_key: str | None
    """None: a message that is no event."""
    message: str | None
    """JSON of what is no event: its properties and its body in base64."""
    reason: str
    traceback: str | None
    attempts: int
    """The last try before it was parked; a replay goes on counting from it."""
    parked_at: datetime
    kind: Kind = "transient"
    fingerprint: str = ""
    ending: Ending | None = None
    """What was decided; None: it waits."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    note: str | None = None
    replaced_by: str | None = None
    """Key of the edited event that runs in its place."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A parked item together with its event's name, for lists."""

    item: Parked
    type: str | None
    """Of the event; None: it is none."""
    subject: str | None

    @classmethod
    def of(cls, item: Parked, event: Envelope | None) -> "Listed":
        """Return the item with what its event says."""
        return cls(item, None, None) if event is None else cls(item, event.type, event.subject)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items; what is None does not matter."""

    consumer: str | None = None
    type: str | None = None
    reason: str | None = None
    """Text within the reason; case does not matter."""
    fingerprint: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    state: Literal["waiting", "replayed", "edited", "discarded", "any"] = "waiting"
    ids: Sequence[str] | None = None


def keep(properties: Mapping[str, object], body: bytes) -> str:
    """Return a message that is no event as JSON text: `Parked.message`."""
    kept = {
        "properties": {name: repr(value) for name, value in properties.items()},
        "body_base64": base64.b64encode(body).decode(),
    }
    return to_json(kept).decode()


def park(transaction: Transaction, item: Parked) -> None:
    """Set something aside for a person."""
    transaction.insert(parked, [asdict(item)])


def park_try(transaction: Transaction, item: Parked) -> bool:
    """Set an event aside because its last try has failed, which is written down with it.

    False, and nothing is done, when that try has failed before: this was a copy of it.
    """
    if item.event_key is None:
        raise TypeError("what is no event has no tries")
    failure = Failure(
        consumer=item.consumer,
        event_key=item.event_key,
        attempt=item.attempts,
        kind=item.kind,
        error=item.reason,
        failed_at=item.parked_at,
        retry_at=None,
    )
    if not record_failure(transaction, failure):
        return False
    park(transaction, item)
    return True


def find(database: Database, chosen: Filter, *, after: str = "", most: int = 100) -> list[Listed]:
    """Return chosen items in order of parking, from behind the id `after`."""
    statement = _chosen(chosen).where(parked.c.id > after).order_by(parked.c.id).limit(most)
    return [_listed(row) for row in database.query(statement)]


def counts(database: Database) -> Mapping[str, int]:
    """Return how many items wait, by consumer."""
    rows = database.query(
        select(parked.c.consumer, func.count().label("items"))
        .where(parked.c.ending.is_(None))
        .group_by(parked.c.consumer)
    )
    return {row["consumer"]: row["items"] for row in rows}


# --- what a person decides ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided, when, and why."""

    by: str
    """`user:NAME`."""
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """When replayed events are delivered: so far apart, from a time on."""

    start: datetime
    spacing: timedelta = timedelta(0)


def replay(
    transaction: Transaction,
    outlet: Outlet,
    ids: Collection[str],
    decision: Decision,
    pace: Pace,
) -> list[str]:
    """Have waiting events delivered to their consumers again.

    Returns the ids of those it was done for: others are decided already, or are no events.
    The tries go on counting, and the retry policy begins anew.
    """
    done = []
    due = pace.start
    for item, envelope in _lock(transaction, ids):
        if envelope is None:
            continue
        outlet.schedule(transaction, item.consumer, envelope.at_attempt(item.attempts + 1), due)
        done.append(item.id)
        due += pace.spacing
    _end(transaction, done, "replayed", decision)
    return done


def discard(transaction: Transaction, ids: Collection[str], decision: Decision) -> list[str]:
    """Decide that waiting items are not to be handled; returns the ids it was done for."""
    done = []
    for item, _ in _lock(transaction, ids):
        if item.event_key is not None:
            leases.forget(transaction, item.consumer, item.event_key)
        done.append(item.id)
    _end(transaction, done, "discarded", decision)
    return done


def replace(
    transaction: Transaction, item_id: str, replacement: str, decision: Decision
) -> Parked | None:
    """Mark that the event `replacement` (a key) runs instead; None when the item does not wait.

    The caller appends the replacement to the ledger, for the item's consumer alone.
    """
    found = _lock(transaction, [item_id])
    if not found:
        return None
    item = found[0][0]
    if item.event_key is not None:
        leases.forget(transaction, item.consumer, item.event_key)
    _end(transaction, [item_id], "edited", decision, replacement)
    return item


def earlier_attempts(database: Database, consumer: str, event_key: str) -> int:
    """Return the try after which the consumer last parked the event; 0: it never has."""
    statement = select(func.max(parked.c.attempts).label("attempts")).where(
        parked.c.event_key == event_key, parked.c.consumer == consumer
    )
    return database.query(statement)[0]["attempts"] or 0


def _lock(transaction: Transaction, ids: Collection[str]) -> list[tuple[Parked, Envelope | None]]:
    """Return those of the items that wait, and keep others from deciding about them."""
    rows = transaction.execute(
        select(parked)
        .where(parked.c.id.in_(ids), parked.c.ending.is_(None))
        .order_by(parked.c.id)
        # Waits for whoever is deciding, to know then what was decided; in one order, so that
        # nobody waits in a circle.
        .with_for_update()
    ).mappings()
    items = [Parked(**row) for row in rows]
    keys = [item.event_key for item in items if item.event_key is not None]
    found = transaction.execute(select(events).where(events.c.key.in_(keys))).mappings()
    envelopes = {row["key"]: envelope_of(row) for row in found}
    return [(item, envelopes.get(item.event_key or "")) for item in items]


def _end(
    transaction: Transaction,
    ids: Collection[str],
    ending: Ending,
    decision: Decision,
    replaced_by: str | None = None,
) -> None:
    transaction.execute(
        update(parked)
        .where(parked.c.id.in_(ids))
        .values(
            ending=ending,
            ended_at=decision.at,
            ended_by=decision.by,
            note=decision.note,
            replaced_by=replaced_by,
        )
    )


def _chosen(chosen: Filter) -> Select[tuple[object, ...]]:
    return (
        select(parked, events.c.type, events.c.subject)
        .outerjoin(events, events.c.key == parked.c.event_key)
        .where(*conditions(chosen))
    )


def conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    """Return what holds for the chosen rows of `parked`, outer-joined with their events."""
    given: list[ColumnElement[bool]] = []
    if chosen.state == "waiting":
        given.append(parked.c.ending.is_(None))
    elif chosen.state != "any":
        given.append(parked.c.ending == chosen.state)
    if chosen.ids is not None:
        given.append(parked.c.id.in_(chosen.ids))
    if chosen.reason is not None:
        given.append(parked.c.reason.icontains(chosen.reason, autoescape=True))
    for column, value in (
        (parked.c.consumer, chosen.consumer),
        (events.c.type, chosen.type),
        (parked.c.fingerprint, chosen.fingerprint),
    ):
        if value is not None:
            given.append(column == value)
    if chosen.since is not None:
        given.append(parked.c.parked_at >= chosen.since)
    if chosen.before is not None:
        given.append(parked.c.parked_at < chosen.before)
    return given


def _listed(row: RowMapping) -> Listed:
    values = dict(row)
    event_type, subject = values.pop("type"), values.pop("subject")
    return Listed(Parked(**values), event_type, subject)
