"""Counting the whole ledger anew, while everything else goes on.

What takes long reads what cannot change any more: the ledger as far as it goes, event by event.
Then nobody counts for a moment: batches at work are waited for, the next ones wait. What has come
meanwhile is added, the figures are replaced, and `rebuilt_to` tells whoever counts next what is in
them already. All or nothing: a rebuild that is killed has changed nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import and_, delete, func, not_, select, update

from schemas.capabilities import CAPABILITIES, Capability
from store.database import Database, Transaction
from store.statistics.recounting import (
    END,
    PAGE,
    STAND_INS,
    Recount,
    capability_counters,
    ledger_end,
    stretch,
)
from store.statistics.repository import NEVER_REBUILT, REBUILT_TO, STATE
from store.statistics.writing import ROWS, fresh_counter, wrapped
from store.tables import counters, events, statistics_state

_FEW = 2 * PAGE
"""Events that are counted while others wait."""
_ROWS = 10_000
"""Figures that are written at once."""
_LOCK = REBUILT_TO.with_for_update()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was counted."""

    events: int
    position: int
    """Ledger position: up to it."""
    figures: int
    """Rows that hold what was counted."""


def rebuild(
    database: Database, clock: Callable[[], datetime], told: Callable[[int, int | None], None]
) -> Rebuilt:
    """Replace all figures by what the ledger says; `told` hears the ledger positions done, of all.

    Safe to repeat, and while events are handled. Raises DatabaseUnavailableError.
    """
    sinces = {name: row["since"] for name, row in capability_counters(database).items()}
    recount, reached = Recount(sinces), 0
    # Each round is shorter than the one before: counting anew is quicker than what it counts.
    while (end := ledger_end(database)) > reached + _FEW:
        for page in database.stream(_stretch(reached, end), PAGE):
            recount.add(page)
            told(page[-1]["position"], end)
        reached = end
    with database.transaction() as transaction:
        transaction.insert_new(statistics_state, NEVER_REBUILT)
        transaction.execute(_LOCK)
        end = transaction.execute(END).scalar_one()
        recount.add(transaction.execute(_stretch(reached, end)).mappings())
        figures = _replace_figures(transaction, recount)
        now = clock()
        _set_counters(transaction, recount, end, now)
        transaction.execute(
            update(statistics_state)
            .where(statistics_state.c.name == STATE)
            .values(rebuilt_to=end, rebuilt_at=now)
        )
    told(end, end)
    return Rebuilt(recount.events, end, figures)


def _stretch(after: int, last: int) -> Any:  # noqa: ANN401 - SQLAlchemy's
    return stretch(after, last).where(events.c.key.not_in(STAND_INS))


def _replace_figures(transaction: Transaction, recount: Recount) -> int:
    written = 0
    for table, rows_of in ROWS:
        transaction.execute(delete(table))
        rows = iter(rows_of(recount.tally))
        while some := list(islice(rows, _ROWS)):
            transaction.insert(table, some)
            transaction.flush()
            written += len(some)
    return written


def _set_counters(transaction: Transaction, recount: Recount, end: int, now: datetime) -> None:
    for capability in sorted(CAPABILITIES):
        uses = recount.uses[capability]
        mine = counters.c.component == capability
        row = transaction.execute(select(counters).where(mine).with_for_update()).mappings().first()
        if row is None:
            if uses:
                fresh = {**fresh_counter(capability, now), "value": uses}
                transaction.insert(counters, [fresh])
            continue
        if row["since"] != recount.sinces.get(capability, 0):
            # Somebody has set it since the first event was counted, so there is little behind it.
            uses = _uses(transaction, CAPABILITIES[capability], row["since"], end)
        transaction.execute(update(counters).where(mine).values(value=wrapped(row["base"] + uses)))


def _uses(transaction: Transaction, capability: Capability, after: int, last: int) -> int:
    requests = [name for name in capability.uses if not capability.is_used_by(name, ours=True)]
    found: int = transaction.execute(
        select(func.count())
        .select_from(events)
        .where(
            events.c.position > after,
            events.c.position <= last,
            events.c.type.in_(capability.uses),
            not_(and_(events.c.type.in_(requests), events.c.entry == "emitted")),
            events.c.key.not_in(STAND_INS),
        )
    ).scalar_one()
    return found
