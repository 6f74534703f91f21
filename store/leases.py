"""Leases: who works on what takes long, or has taken a process down before.

A delivery whose work is leased is acknowledged at once; from then on the row here stands for it.
The owner keeps saying that it lives, and commits with its fencing token: an owner that was taken
for dead, and wakes up, can no longer write anything. What a dead owner left goes back into its
queue, and the next owner goes on from the last checkpoint.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    select,
    union_all,
    update,
)

from schemas.envelope import Envelope
from store.database import Database, Transaction
from store.ledger import envelope_of
from store.tables import events, failures, inbox, leases

_GRACE = timedelta(minutes=1)
_ENDED = union_all(
    select(inbox.c.attempt).where(
        inbox.c.consumer == bindparam("of"), inbox.c.event_key == bindparam("key")
    ),
    select(failures.c.attempt).where(
        failures.c.consumer == bindparam("of"),
        failures.c.event_key == bindparam("key"),
        failures.c.attempt >= bindparam("try"),
    ),
)
"""Whether an event has been finished by a consumer, or a try of it has failed."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its owner knows it."""

    consumer: str
    event_key: str
    attempt: int
    token: int
    """Fencing: the next owner's is higher."""
    owner: str
    checkpoint: str | None
    """JSON that an owner before left to go on from."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when an owner is believed to live."""

    now: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work is."""

    done: int
    total: int | None
    """None: nobody knows."""
    unit: str
    """What is counted, in the plural: bytes, rows."""


@dataclass(frozen=True, slots=True)
class Expired:
    """A lease whose owner was taken for dead."""

    consumer: str
    envelope: Envelope
    """With the try that was under way."""
    owner: str
    crashes: int
    """Owners in a row, this one included, that died of it without a checkpoint."""


def acquire(
    transaction: Transaction, envelope: Envelope, consumer: str, owner: str, span: Span
) -> Held | None:
    """Take the lease on an event; None when it is not to be had.

    That is: an owner lives, or waits to be swept (the sweeper counts who died of what), or the
    event has been finished meanwhile, or this try of it has failed.
    """
    key = envelope.key
    row = {
        "consumer": consumer,
        "event_key": key,
        "attempt": envelope.attempt,
        "token": 1,
        "owner": owner,
        "until": span.until,
        "crashes": 0,
        "began_at": span.now,
    }
    is_new = transaction.insert_new(leases, row) == 1
    if is_new:
        held = Held(consumer, key, envelope.attempt, 1, owner, None)
    else:
        taken = transaction.execute(
            update(leases)
            .where(_of(consumer, key), leases.c.owner.is_(None))
            .values(
                attempt=envelope.attempt, token=leases.c.token + 1, owner=owner, until=span.until
            )
            .returning(leases.c.token, leases.c.checkpoint)
        ).first()
        if taken is None:
            return None
        held = Held(consumer, key, envelope.attempt, taken.token, owner, taken.checkpoint)
    # Only with the row in hand is it certain: until then, others may end it or give it up.
    if transaction.execute(_ENDED, {"of": consumer, "key": key, "try": envelope.attempt}).first():
        (finish if is_new else give_up)(transaction, held)
        return None
    return held


def _held(lease: Held) -> ColumnElement[bool]:
    return and_(
        leases.c.consumer == lease.consumer,
        leases.c.event_key == lease.event_key,
        leases.c.token == lease.token,
        leases.c.owner == lease.owner,
    )


def beat(transaction: Transaction, lease: Held, until: datetime, progress: Progress | None) -> bool:
    """Say that the owner lives, and how far it is; False when the lease is lost."""
    values: dict[str, object] = {"until": until}
    if progress is not None:
        values |= {"done": progress.done, "total": progress.total, "unit": progress.unit}
    return bool(
        transaction.execute(update(leases).where(_held(lease)).values(values)).rowcount == 1
    )


def save(transaction: Transaction, lease: Held, checkpoint: str, until: datetime) -> bool:
    """Keep what the next owner would go on from; False when the lease is lost."""
    result = transaction.execute(
        update(leases).where(_held(lease)).values(checkpoint=checkpoint, until=until, crashes=0)
    )
    return bool(result.rowcount == 1)


def finish(transaction: Transaction, lease: Held) -> bool:
    """End the lease with the work's own commit; False when it is lost."""
    return bool(transaction.execute(delete(leases).where(_held(lease))).rowcount == 1)


def give_up(transaction: Transaction, lease: Held) -> bool:
    """Leave the row, and its checkpoint, without owner; False when the lease is lost."""
    result = transaction.execute(update(leases).where(_held(lease)).values(owner=None, until=None))
    return bool(result.rowcount == 1)


def sweep(transaction: Transaction, now: datetime, most: int) -> list[Expired]:
    """Take leases from owners that do not live any more; each is returned to one caller only."""
    rows = transaction.execute(
        select(
            leases.c.consumer,
            leases.c.attempt,
            leases.c.owner,
            leases.c.crashes,
            events,
        )
        .join(events, events.c.key == leases.c.event_key)
        .where(leases.c.until < now)
        .order_by(leases.c.until)
        .limit(most)
        .with_for_update(of=leases, skip_locked=True)
    ).mappings()
    expired = [_expired(row) for row in rows]
    for one in expired:
        transaction.execute(
            update(leases)
            .where(_of(one.consumer, one.envelope.key))
            .values(owner=None, until=None, crashes=one.crashes)
        )
    return expired


def is_held(event_key: ColumnElement[str] | str, now: datetime) -> ColumnElement[bool]:
    """Return the condition that an owner is at work on an event, whichever consumer's."""
    # A lease a little too old will be swept soon, and its owner go on.
    return exists().where(
        leases.c.event_key == event_key,
        leases.c.owner.is_not(None),
        leases.c.until > now - _GRACE,
    )


def forget(transaction: Transaction, consumer: str, event_key: str) -> None:
    """Remove the row of work that nobody goes on with."""
    transaction.execute(delete(leases).where(_of(consumer, event_key)))


def is_any_expired(database: Database, now: datetime) -> bool:
    """Whether there is anything to sweep; a reading look that waits for no writer."""
    return bool(database.query(select(leases.c.token).where(leases.c.until < now).limit(1)))


def _of(consumer: str, event_key: str) -> ColumnElement[bool]:
    return and_(leases.c.consumer == consumer, leases.c.event_key == event_key)


def _expired(row: RowMapping) -> Expired:
    return Expired(
        consumer=row["consumer"],
        envelope=envelope_of(row, row["attempt"]),
        owner=row["owner"],
        crashes=row["crashes"] + 1,
    )
