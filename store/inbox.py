"""The inbox: what each consumer has handled, and which tries failed.

An inbox row is written in the transaction of the effects, so an event that comes again is known.
So is a try that comes again: its row in `failures` says that another one, or a person, follows it.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import BindParameter, and_, bindparam, func, select

from schemas.base import Outcome
from store.database import Database, Transaction
from store.tables import events, failures, inbox, leases

Kind = Literal["transient", "permanent", "poison"]
"""What sort of failure: it may pass; it never will; it takes the process down with it."""


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
    kind: Kind
    error: str
    failed_at: datetime
    retry_at: datetime | None
    """None: no further try follows by itself."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger and the inbox know of a delivered event."""

    position: int
    """Ledger position."""
    handled: bool
    """This consumer has finished it before."""
    failed: int
    """The last try of this consumer that has failed; 0: none has."""
    leased: bool
    """It has been worked on under a lease, and was not finished."""


_CONSUMER: BindParameter[str] = bindparam("consumer")
_MINE = and_(inbox.c.event_key == events.c.key, inbox.c.consumer == _CONSUMER)
_LEASE = and_(leases.c.event_key == events.c.key, leases.c.consumer == _CONSUMER)
_FAILED = (
    select(func.max(failures.c.attempt))
    .where(failures.c.event_key == events.c.key, failures.c.consumer == _CONSUMER)
    .scalar_subquery()
)
_STANDINGS = (
    select(
        events.c.key,
        events.c.position,
        inbox.c.consumer,
        _FAILED.label("failed"),
        leases.c.token.label("leased"),
    )
    .outerjoin(inbox, _MINE)
    .outerjoin(leases, _LEASE)
    .where(events.c.key.in_(bindparam("keys", expanding=True)))
)


def standings(database: Database, consumer: str, keys: Collection[str]) -> dict[str, Standing]:
    """Return what is known of the events, by key; those the ledger does not have are missing."""
    rows = database.query(_STANDINGS, {"keys": list(keys), "consumer": consumer})
    return {
        row["key"]: Standing(
            row["position"],
            handled=row["consumer"] is not None,
            failed=row["failed"] or 0,
            leased=row["leased"] is not None,
        )
        for row in rows
    }


def record(transaction: Transaction, handled: Collection[Handled]) -> None:
    """Remember finished events."""
    rows = [
        # Not `asdict`: it copies deeply, and this is the busiest table of all.
        {field: getattr(one, field) for field in _HANDLED}
        for one in handled
    ]
    transaction.insert(inbox, rows)


def record_failure(transaction: Transaction, failure: Failure) -> bool:
    """Remember a failed try; False when that try has failed before, so that this was a copy."""
    return transaction.insert_new(failures, asdict(failure)) == 1
