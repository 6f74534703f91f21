"""Counters: one row for each component, there from its first use on.

A counter is added to by one statement, so that whoever adds at the same time counts, too, and
learns a number of their own. Whatever else changes it holds its row meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, select, update

from schemas.component_settings import LARGEST_COUNT
from store.database import Database, Transaction
from store.statistics.writing import fresh_counter
from store.table_types import UtcDateTime
from store.tables import counters, events


class CounterError(ValueError):
    """No counter can have this value."""


@dataclass(frozen=True, slots=True)
class Counter:
    """How often a component was used."""

    component: str
    value: int
    last_reset: datetime
    """When it last returned to zero, or began."""


_SHOWN = (counters.c.component, counters.c.value, counters.c.last_reset)
_LAST = select(func.coalesce(func.max(events.c.position), 0))


def read(database: Database, component: str, now: datetime) -> Counter:
    """Return the counter; at its first use it begins, with zero."""
    statement = select(*_SHOWN).where(counters.c.component == component)
    rows = database.query(statement)
    if not rows:
        with database.transaction() as transaction:
            transaction.insert_new(counters, fresh_counter(component, now))
        rows = database.query(statement)
    return Counter(**rows[0])


def hold(transaction: Transaction, component: str, now: datetime) -> Counter:
    """Return the counter, and keep others from changing anything of the component until commit."""
    statement = select(*_SHOWN).where(counters.c.component == component).with_for_update()
    row = transaction.execute(statement).mappings().first()
    if row is None:
        transaction.insert_new(counters, fresh_counter(component, now))
        row = transaction.execute(statement).mappings().one()
    return Counter(**row)


def add(transaction: Transaction, component: str, count: int, now: datetime) -> Counter:
    """Add at least one, and return the counter as it is then."""
    statement = (
        update(counters)
        .where(counters.c.component == component)
        .values(added(count, now))
        .returning(*_SHOWN)
    )
    row = transaction.execute(statement).mappings().first()
    if row is None:
        transaction.insert_new(counters, fresh_counter(component, now))
        row = transaction.execute(statement).mappings().one()
    return Counter(**row)


def added(count: int, now: datetime) -> dict[str, ColumnElement[Any]]:
    """Return what columns become when `count` is added: after the largest number comes zero."""
    wraps = counters.c.value > LARGEST_COUNT - count
    return {
        "value": case(
            (wraps, counters.c.value - LARGEST_COUNT + (count - 1)),
            else_=counters.c.value + count,
        ),
        "last_reset": case((wraps, literal(now, UtcDateTime())), else_=counters.c.last_reset),
    }


def zero(transaction: Transaction, component: str, now: datetime) -> Counter:
    """Let it begin again; what has happened before is counted no more."""
    return put(transaction, component, 0, now)


def put(transaction: Transaction, component: str, value: int, last_reset: datetime) -> Counter:
    """Set it; of a capability, what has happened before is part of the value.

    Raises CounterError.
    """
    if not 0 <= value <= LARGEST_COUNT:
        raise CounterError(f"a counter holds 0 to {LARGEST_COUNT}, not {value}")
    hold(transaction, component, last_reset)
    # Read while the row is held: whoever counts uses waits for it, and asks it since when.
    last = transaction.execute(_LAST).scalar_one()
    transaction.execute(
        update(counters)
        .where(counters.c.component == component)
        .values(value=value, last_reset=last_reset, base=value, since=last)
    )
    return Counter(component, value, last_reset)
