"""Read models of parked items: one with its event, groups of failures, and histories."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, select

from schemas.envelope import Envelope
from store.database import Database
from store.inbox import Failure, Kind
from store.ledger import envelope_of
from store.parked import Filter, Parked, conditions
from store.tables import events, failures, parked


@dataclass(frozen=True, slots=True)
class Group:
    """Waiting items whose failures look alike."""

    fingerprint: str
    consumer: str
    type: str | None
    kind: Kind
    reason: str
    """That of one of them."""
    count: int
    first_at: datetime
    last_at: datetime


def groups(database: Database, chosen: Filter) -> list[Group]:
    """Return the chosen items grouped by failure, the most frequent first."""
    statement = (
        select(
            parked.c.fingerprint,
            parked.c.consumer,
            events.c.type,
            func.min(parked.c.kind).label("kind"),
            func.max(parked.c.reason).label("reason"),
            func.count().label("count"),
            func.min(parked.c.parked_at).label("first_at"),
            func.max(parked.c.parked_at).label("last_at"),
        )
        .outerjoin(events, events.c.key == parked.c.event_key)
        .where(*conditions(chosen))
        .group_by(parked.c.fingerprint, parked.c.consumer, events.c.type)
        .order_by(func.count().desc(), parked.c.fingerprint)
    )
    return [Group(**row) for row in database.query(statement)]


def get(database: Database, item_id: str) -> tuple[Parked, Envelope | None] | None:
    """Return one item and its event (None when it is none); None when there is no such item."""
    rows = database.query(select(parked).where(parked.c.id == item_id))
    if not rows:
        return None
    item = Parked(**rows[0])
    found = database.query(select(events).where(events.c.key == item.event_key))
    return item, envelope_of(found[0], item.attempts) if found else None


@dataclass(frozen=True, slots=True)
class History:
    """Everything known of one event and one consumer, the oldest first."""

    tries: Sequence[Failure]
    """Those that failed, over all its lives."""
    parkings: Sequence[Parked]
    """The item itself among them."""


def history(database: Database, item: Parked) -> History:
    """Return what happened to an item's event with its consumer."""
    if item.event_key is None:
        return History((), (item,))
    tries = select(*(failures.c[field.name] for field in fields(Failure))).where(
        failures.c.event_key == item.event_key, failures.c.consumer == item.consumer
    )
    parkings = select(parked).where(
        parked.c.event_key == item.event_key, parked.c.consumer == item.consumer
    )
    return History(
        [Failure(**row) for row in database.query(tries.order_by(failures.c.id))],
        [Parked(**row) for row in database.query(parkings.order_by(parked.c.id))],
    )
