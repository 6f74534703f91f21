"""Polling, one row for each component that polls: what was asked for, and how far it is.

Every start is a generation, and every poll a round of it. The poll of a round is made by the one
event that claims it, right before; what belongs to another generation or round touches nothing.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, update

from store.components.ports import Poll
from store.database import Database, Transaction
from store.tables import polls


def find(database: Database, name: str) -> Poll | None:
    """Return the polling of a component; None: it was never started."""
    rows = database.query(select(polls).where(polls.c.name == name))
    return Poll(**rows[0]) if rows else None


def hold(transaction: Transaction, name: str, now: datetime) -> Poll:
    """Return it, stopped where it never was started, and keep others off it until commit."""
    statement = select(polls).where(polls.c.name == name).with_for_update()
    row = transaction.execute(statement).mappings().first()
    if row is None:
        stopped = {"running": False, "generation": 0, "round": 1, "url": "", "changed_at": now}
        none_yet = {"succeeded": 0, "failed": 0}
        transaction.insert_new(polls, {"name": name, **stopped, **none_yet})
        row = transaction.execute(statement).mappings().one()
    return Poll(**row)


def begin(transaction: Transaction, held: Poll, url: str, now: datetime) -> Poll:
    """Start a generation, whose first poll is due now."""
    begun = replace(
        held,
        running=True,
        generation=held.generation + 1,
        round=1,
        url=url,
        claimed_by=None,
        changed_at=now,
        next_at=now,
    )
    _write(transaction, begun)
    return begun


def end(transaction: Transaction, held: Poll, now: datetime) -> None:
    """Stop: whatever poll is not on its way is made no more."""
    _write(transaction, replace(held, running=False, claimed_by=None, changed_at=now, next_at=None))


def claim(database: Database, due: Poll, key: str) -> bool:
    """Let the event of this key make the poll that is due; False: it is another's, or none's.

    Safe to repeat.
    """
    with database.transaction() as transaction:
        unclaimed = or_(polls.c.claimed_by.is_(None), polls.c.claimed_by == key)
        claimed = transaction.execute(
            update(polls).where(_is(due), unclaimed).values(claimed_by=key)
        )
        return claimed.rowcount == 1


def advance(  # noqa: PLR0913 - what a poll leaves behind
    transaction: Transaction,
    made: Poll,
    *,
    outcome: str,
    succeeded: bool,
    polled_at: datetime,
    next_at: datetime,
) -> bool:
    """Note the poll that was made, and go on to the next; False: it has been stopped meanwhile."""
    counted = polls.c.succeeded if succeeded else polls.c.failed
    advanced = transaction.execute(
        update(polls)
        .where(_is(made))
        .values(
            {
                polls.c.round: made.round + 1,
                polls.c.claimed_by: None,
                polls.c.polled_at: polled_at,
                polls.c.outcome: outcome,
                polls.c.next_at: next_at,
                counted: counted + 1,
            }
        )
    )
    return advanced.rowcount == 1


def _is(poll: Poll) -> ColumnElement[bool]:
    return and_(
        polls.c.name == poll.name,
        polls.c.running,
        polls.c.generation == poll.generation,
        polls.c.round == poll.round,
    )


def _write(transaction: Transaction, poll: Poll) -> None:
    changed = ("running", "generation", "round", "url", "claimed_by", "changed_at", "next_at")
    values = {name: getattr(poll, name) for name in changed}
    transaction.execute(update(polls).where(polls.c.name == poll.name).values(values))
