"""The inbox: what each consumer has handled, what failed, and what is parked.

An inbox row is written in the transaction of the effects, so an event that comes again is known.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import and_, bindparam, select

from schemas.base import Outcome
from store.database import Database, Transaction
from store.tables import events, failures, inbox, parked


@dataclass(frozen=True, slots=True)
class Handled:
    """One event that a consumer has finished."""

    consumer: str
    event_key: str
    outcome: Outcome
    outcome_key: str | None
    """Key of the last follow-on, if there is any."""
    attempt: int
    started_at: datetime
    handled_at: datetime


_HANDLED = tuple(field.name for field in fields(Handled))


@dataclass(frozen=True, slots=True)
class Failure:
    """One try that failed."""

    consumer: str
    event_key: str
    attempt: int
    error: str
    failed_at: datetime
    retry_at: datetime | None
    """None: there is no further try."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One event, or one message that is no event, that waits for a person."""

    id: str
    consumer: str
    event_key: str | None
    message: str | None
    """JSON of what is no event: its properties and its body in base64."""
    reason: str
    traceback: str | None
    attempts: int
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger and the inbox know of a delivered event."""

    position: int
    """Ledger position."""
    handled: bool
    """This consumer has finished it before."""


_MINE = and_(inbox.c.event_key == events.c.key, inbox.c.consumer == bindparam("consumer"))
_STANDINGS = (
    select(events.c.key, events.c.position, inbox.c.consumer)
    .outerjoin(inbox, _MINE)
    .where(events.c.key.in_(bindparam("keys", expanding=True)))
)


def standings(database: Database, consumer: str, keys: Collection[str]) -> dict[str, Standing]:
    """Return what is known of the events, by key; those the ledger does not have are missing."""
    rows = database.query(_STANDINGS, {"keys": list(keys), "consumer": consumer})
    return {
        row["key"]: Standing(row["position"], handled=row["consumer"] is not None) for row in rows
    }


def record(transaction: Transaction, handled: Collection[Handled]) -> None:
    """Remember finished events."""
    rows = [
        # Not `asdict`: it copies deeply, and this is the busiest table of all.
        {field: getattr(one, field) for field in _HANDLED}
        for one in handled
    ]
    transaction.insert(inbox, rows)


def record_failure(transaction: Transaction, failure: Failure) -> None:
    """Remember a failed try."""
    transaction.insert(failures, [asdict(failure)])


def park(transaction: Transaction, item: Parked) -> None:
    """Set something aside for a person."""
    transaction.insert(parked, [asdict(item)])
