"""Which sites, telescopes, instruments ... occur together, and when: kept while frames change.

Three grains: days (UTC, by `observation_date`), months, and all time. A row counts its frames, so
that it can go when its last frame does; and it knows the first and last date on which one of them
becomes public. When a frame with such a date goes, that is found out anew: a day's from its frames,
by an index; a month's from its days; all time's from its months. The archive is never read through.

Frames count that are listed: they have been observed, and have bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import (
    Executable,
    RowMapping,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

from store.columns import Row
from store.database import Transaction
from store.frames.locks import hold_combinations
from store.tables import frame_combinations, frames

DIMENSIONS = (
    "site_id",
    "telescope_id",
    "primary_optical_element",
    "instrument_id",
    "configuration_type",
    "proposal_id",
)
ALL, MONTH, DAY = "all", "month", "day"

Change = tuple[Row | None, Row | None]
"""A row of `frames` as it was and as it is; None: there was none, or is none."""


class Key(NamedTuple):
    """Names one combination."""

    grain: str
    start: str
    values: tuple[str, ...]
    """Those of `DIMENSIONS`."""

    def columns(self) -> dict[str, str]:
        """Return them by column."""
        named = zip(DIMENSIONS, self.values, strict=True)
        return {"grain": self.grain, "start": self.start, **dict(named)}


@dataclass(slots=True)
class _Added:
    frames: int = 0
    dates: list[datetime] = field(default_factory=list)
    never: bool = False
    """One of them has no date."""


@dataclass(slots=True)
class _Lost:
    frames: int = 0
    dates: set[datetime | None] = field(default_factory=set)


def is_listed(row: Row | None) -> bool:
    """Whether a row of `frames` counts."""
    return row is not None and row["observation_date"] is not None and row["newest"] is not None


def keys_of(row: Row) -> tuple[Key, Key, Key]:
    """Return under what a row of `frames` counts: its day, its month, and all time."""
    values = tuple(row[name] for name in DIMENSIONS)
    day: str = row["observation_date"].date().isoformat()
    return Key(DAY, day, values), Key(MONTH, f"{day[:7]}-01", values), Key(ALL, "", values)


def count(transaction: Transaction, changes: Iterable[Change]) -> None:
    """Take in what has become of frames; their rows have been written. Call it last: it locks."""
    added: dict[Key, _Added] = {}
    lost: dict[Key, _Lost] = {}
    for before, after in changes:
        was, now = _standing(before), _standing(after)
        if was == now:
            continue
        for key, public_date in was:
            gone = lost.setdefault(key, _Lost())
            gone.frames += 1
            gone.dates.add(public_date)
        for key, public_date in now:
            new = added.setdefault(key, _Added())
            new.frames += 1
            if public_date is None:
                new.never = True
            else:
                new.dates.append(public_date)
    if added or lost:
        hold_combinations(transaction, shared=not lost)
    # In one order, or two transactions would wait for each other's rows.
    transaction.merge(frame_combinations, [_row(key, added[key]) for key in sorted(added)], _add)
    for grain in (DAY, MONTH, ALL):
        for key in sorted(key for key in lost if key.grain == grain):
            _take_away(transaction, key, lost[key])


def recount(transaction: Transaction) -> None:
    """Make all rows anew from all frames: minutes for millions of them."""
    rows = recounted(transaction)
    transaction.execute(delete(frame_combinations))
    transaction.insert(frame_combinations, rows)


def recounted(transaction: Transaction) -> Sequence[Row]:
    """Return what all rows should be, by all frames, and keep others from changing them."""
    hold_combinations(transaction, shared=False)
    listed = select(frames).where(frames.c.newest.is_not(None))
    rows = transaction.execute(listed.execution_options(yield_per=_AT_ONCE)).mappings()
    added: dict[Key, _Added] = {}
    for row in rows:
        for key, public_date in _standing(dict(row)):
            new = added.setdefault(key, _Added())
            new.frames += 1
            if public_date is None:
                new.never = True
            else:
                new.dates = [min([*new.dates, public_date]), max([*new.dates, public_date])]
    return [_row(key, added[key]) for key in sorted(added)]


_AT_ONCE = 10_000


def _standing(row: Row | None) -> Sequence[tuple[Key, datetime | None]]:
    if row is None or not is_listed(row):
        return ()
    return [(key, row["public_date"]) for key in keys_of(row)]


def _row(key: Key, added: _Added) -> Row:
    return {
        **key.columns(),
        "frames": added.frames,
        "first_public": min(added.dates, default=None),
        "last_public": None if added.never else max(added.dates),
    }


def _add(new: Insert | SQLiteInsert) -> Executable:
    old, more = frame_combinations.c, new.excluded
    return new.on_conflict_do_update(
        index_elements=list(frame_combinations.primary_key.columns),
        set_={
            "frames": old.frames + more.frames,
            # A comparison with null is not true, so that what is there stays.
            "first_public": case(
                (old.first_public.is_(None), more.first_public),
                (more.first_public < old.first_public, more.first_public),
                else_=old.first_public,
            ),
            "last_public": case(
                (more.last_public.is_(None), null()),
                (more.last_public > old.last_public, more.last_public),
                else_=old.last_public,
            ),
        },
    )


# --- taking away ----------------------------------------------------------------------------------

_SAME = and_(
    *(frame_combinations.c[name] == bindparam(f"of_{name}") for name in ("grain", "start")),
    *(frame_combinations.c[name] == bindparam(f"of_{name}") for name in DIMENSIONS),
)
_FOUND = select(frame_combinations).where(_SAME)
_FORGET = delete(frame_combinations).where(_SAME)
_CHANGE = (
    update(frame_combinations)
    .where(_SAME)
    .values(
        frames=bindparam("left"),
        first_public=bindparam("first"),
        last_public=bindparam("last"),
    )
)


def _take_away(transaction: Transaction, key: Key, lost: _Lost) -> None:
    of = {f"of_{name}": value for name, value in key.columns().items()}
    row = transaction.execute(_FOUND, of).mappings().one()
    left = row["frames"] - lost.frames
    if left <= 0:
        transaction.execute(_FORGET, of)
        return
    first, last = row["first_public"], row["last_public"]
    if {first, last} & lost.dates:
        first, last = _boundaries(transaction, key, of)
    transaction.execute(_CHANGE, {**of, "left": left, "first": first, "last": last})


def _boundaries(
    transaction: Transaction, key: Key, of: Mapping[str, str]
) -> tuple[datetime | None, datetime | None]:
    statement = {DAY: _OF_A_DAY, MONTH: _OF_A_MONTH, ALL: _OF_ALL}[key.grain]
    span = _span(key)
    row: RowMapping = transaction.execute(statement, {**of, **span}).mappings().one()
    return row["first"], row["last"] if row["some"] == row["dated"] else None


def _span(key: Key) -> dict[str, Any]:
    if key.grain == ALL:
        return {}
    if key.grain == MONTH:
        return {"since": key.start, "until": f"{key.start[:7]}-31"}
    day = date.fromisoformat(key.start)
    return {
        "since": datetime.combine(day, time.min, UTC),
        "until": datetime.combine(day, time.max, UTC),
    }


_DAYS_FRAMES = and_(
    frames.c.newest.is_not(None),
    frames.c.observation_date >= bindparam("since"),
    frames.c.observation_date <= bindparam("until"),
    *(frames.c[name] == bindparam(f"of_{name}") for name in DIMENSIONS),
)
_OF_A_DAY = select(
    func.count().label("some"),
    func.count(frames.c.public_date).label("dated"),
    func.min(frames.c.public_date).label("first"),
    func.max(frames.c.public_date).label("last"),
).where(_DAYS_FRAMES)


def _of_smaller(grain: str) -> Select[int, int, Any, Any]:
    columns = frame_combinations.c
    return select(
        func.count().label("some"),
        func.count(columns.last_public).label("dated"),
        func.min(columns.first_public).label("first"),
        func.max(columns.last_public).label("last"),
    ).where(
        columns.grain == grain,
        *(columns[name] == bindparam(f"of_{name}") for name in DIMENSIONS),
    )


_OF_A_MONTH = _of_smaller(DAY).where(
    frame_combinations.c.start >= bindparam("since"),
    frame_combinations.c.start <= bindparam("until"),
)
_OF_ALL = _of_smaller(MONTH)
