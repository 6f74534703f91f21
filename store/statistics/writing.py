"""Adding a tally to the tables.

Rows are written in the order of their keys, table by table: whoever adds at the same time waits,
and nobody waits for each other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

from schemas.component_settings import LARGEST_COUNT
from store.columns import OnConflict
from store.database import Transaction
from store.statistics.counting import FIGURES, Tally
from store.tables import (
    counters,
    statistics_durations,
    statistics_hours,
    statistics_resources,
    statistics_totals,
)

_WHICH = counters.c.component == bindparam("which")
# Built once: to build a statement takes as long as to run it.
_HELD = select(counters).where(_WHICH).with_for_update()
_SET = update(counters).where(_WHICH).values(value=bindparam("as"), last_reset=bindparam("at"))


def _adding(*names: str) -> OnConflict:
    def add(statement: Insert | SQLiteInsert) -> Executable:
        table: Any = statement.table
        keys = [column.name for column in table.primary_key]
        sums = {name: table.c[name] + statement.excluded[name] for name in names}
        return statement.on_conflict_do_update(index_elements=keys, set_=sums)

    return add


_ADD_FIGURES = _adding(*FIGURES)
_ADD_EVENTS = _adding("events")
_ADD_SIZES = _adding("events", "bytes")


def write(transaction: Transaction, tally: Tally, now: datetime) -> None:
    """Add everything that was counted, the uses to the counters of their capabilities too."""
    transaction.merge(statistics_hours, hour_rows(tally), _ADD_FIGURES)
    transaction.merge(statistics_totals, total_rows(tally), _ADD_FIGURES)
    transaction.merge(statistics_durations, duration_rows(tally), _ADD_EVENTS)
    transaction.merge(statistics_resources, resource_rows(tally), _ADD_SIZES)
    for capability in sorted(tally.uses):
        add_uses(transaction, capability, tally.uses[capability], now)


def hour_rows(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows of `statistics_hours`, by key."""
    return [
        {"hour": hour, "type": name, **{one: getattr(figures, one) for one in FIGURES}}
        for (hour, name), figures in sorted(tally.hours.items(), key=_key)
    ]


def total_rows(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows of `statistics_totals`, by key."""
    return [
        {"type": name, **{one: getattr(figures, one) for one in FIGURES}}
        for name, figures in sorted(tally.totals().items(), key=_key)
    ]


def duration_rows(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows of `statistics_durations`, by key."""
    return [
        {"hour": hour, "type": name, "bucket": bucket, "events": number}
        for (hour, name, bucket), number in sorted(tally.durations.items())
    ]


def resource_rows(tally: Tally) -> list[dict[str, Any]]:
    """Return the rows of `statistics_resources`, by key."""
    return [
        {
            "day": day,
            "capability": capability,
            "resource": resource,
            "events": figures.events,
            "bytes": figures.bytes,
        }
        for (day, capability, resource), figures in sorted(tally.resources.items(), key=_key)
    ]


ROWS: Sequence[tuple[Table, Callable[[Tally], list[dict[str, Any]]]]] = (
    (statistics_hours, hour_rows),
    (statistics_totals, total_rows),
    (statistics_durations, duration_rows),
    (statistics_resources, resource_rows),
)
"""The tables of what is counted, and what a tally comes to in each."""


def add_uses(
    transaction: Transaction, capability: str, positions: Sequence[int], now: datetime
) -> None:
    """Add to the counter of a capability the uses that came after it was last set."""
    which = {"which": capability}
    held = transaction.execute(_HELD, which).mappings().first()
    if held is None:
        transaction.insert_new(counters, fresh_counter(capability, now))
        held = transaction.execute(_HELD, which).mappings().one()
    new = sum(position > held["since"] for position in positions)
    if new:
        value = wrapped(held["value"] + new)
        reset = now if value < held["value"] else held["last_reset"]
        transaction.execute(_SET, {**which, "as": value, "at": reset})


def wrapped(value: int) -> int:
    """Return what a counter shows for a value: after the largest number comes zero."""
    return value % (LARGEST_COUNT + 1)


def fresh_counter(component: str, now: datetime) -> Mapping[str, Any]:
    """Return the row of a counter that nobody has asked for before: it began to count now."""
    return {"component": component, "value": 0, "last_reset": now, "base": 0, "since": 0}


def _key(item: tuple[Any, Any]) -> Any:  # noqa: ANN401 - whatever the key is made of
    return item[0]
