"""Proving that the figures are what the ledger says: counted anew, and compared.

Counted are all events up to where the figures were last rebuilt, and beyond it those that the
inbox of `update-stats` has. Everything is read at one moment, so that nobody has to stop for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, Table, select

from schemas.capabilities import CAPABILITIES
from store.database import Database, Snapshot
from store.statistics.recounting import (
    PAGE,
    STAND_INS,
    Recount,
    capability_counters,
    ledger_end,
    stretch,
)
from store.statistics.repository import REBUILT_TO, STATE
from store.statistics.writing import ROWS, wrapped
from store.tables import counters, events, inbox

# Not `exists`: PostgreSQL would read the whole inbox for it.
_HANDLED = (
    select(inbox.c.consumer)
    .where(inbox.c.event_key == events.c.key, inbox.c.consumer == STATE)
    .scalar_subquery()
    .label("handled")
)
_STANDS_IN = events.c.key.in_(STAND_INS).label("stands_in")


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that is not what the ledger says."""

    table: str
    key: str
    """Of its row; parts are separated by a space."""
    figure: str
    found: int | None
    """None: the row is not there."""
    expected: int | None
    """None: the row should not be there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the figures compare with the ledger."""

    events: int
    """That are counted."""
    waiting: int
    """That are not counted yet: in the queue, or older than `update-stats` and never rebuilt."""
    differences: Sequence[Difference]


def verify(database: Database, told: Callable[[int, int | None], None]) -> Verdict:
    """Compare every figure with the ledger; `told` hears the ledger positions done, of all.

    Changes nothing, and may run while events are handled. Raises DatabaseUnavailableError.
    """
    with database.snapshot() as snapshot:
        set_to = capability_counters(snapshot)
        recount = Recount({name: row["since"] for name, row in set_to.items()})
        waiting = _recount(snapshot, recount, told)
        differences = [
            *(
                one
                for table, rows_of in ROWS
                for one in _compare(snapshot, table, recount, rows_of)
            ),
            *_compare_counters(set_to, recount),
        ]
    return Verdict(recount.events, waiting, differences)


def _recount(snapshot: Snapshot, recount: Recount, told: Callable[[int, int | None], None]) -> int:
    """Count what is counted; return how many events are not."""
    rebuilt_to: int = max((row["rebuilt_to"] for row in snapshot.query(REBUILT_TO)), default=0)
    end = ledger_end(snapshot)
    rebuilt = stretch(0, rebuilt_to).where(events.c.key.not_in(STAND_INS))
    for page in snapshot.stream(rebuilt, PAGE):
        recount.add(page)
        told(page[-1]["position"], end)
    waiting = 0
    for page in snapshot.stream(stretch(rebuilt_to, end).add_columns(_HANDLED, _STANDS_IN), PAGE):
        recount.add(row for row in page if row["handled"] is not None)
        waiting += sum(row["handled"] is None and not row["stands_in"] for row in page)
        told(page[-1]["position"], end)
    return waiting


def _compare(
    snapshot: Snapshot, table: Table, recount: Recount, rows_of: Callable[[Any], list[Any]]
) -> Iterator[Difference]:
    keys = [column.name for column in table.primary_key]
    figures = [column.name for column in table.columns if column.name not in keys]
    expected = {tuple(row[key] for key in keys): row for row in rows_of(recount.tally)}
    for page in snapshot.stream(select(table).order_by(*table.primary_key), PAGE):
        for row in page:
            key = tuple(row[name] for name in keys)
            yield from _differences(table, key, figures, row, expected.pop(key, None))
    for key, row in expected.items():
        yield from _differences(table, key, figures, None, row)


def _compare_counters(set_to: Mapping[str, RowMapping], recount: Recount) -> Iterator[Difference]:
    for capability in CAPABILITIES:
        row, uses = set_to.get(capability), recount.uses[capability]
        if row is not None:
            should = {"value": wrapped(row["base"] + uses)}
            yield from _differences(counters, (capability,), ["value"], row, should)
        elif uses:
            yield from _differences(counters, (capability,), ["value"], None, {"value": uses})


def _differences(
    table: Table,
    key: tuple[Any, ...],
    figures: Sequence[str],
    found: RowMapping | None,
    expected: Mapping[str, Any] | None,
) -> Iterator[Difference]:
    for figure in figures:
        is_now = None if found is None else found[figure]
        should = None if expected is None else expected[figure]
        if is_now != should:
            yield Difference(table.name, " ".join(map(_text, key)), figure, is_now, should)


def _text(part: object) -> str:
    return part.isoformat() if isinstance(part, datetime) else str(part)
