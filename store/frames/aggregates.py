"""The values that occur in the archive, or in a time: sites, telescopes, filters and so on.

They are kept as combinations for all time, for each month and each day, by when frames were
observed. What remains of a window at its ends is less than a day each, and read from the frames.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)

from store.database import Database
from store.frame_tables import frame_combinations, frames
from store.frames.combinations import ALL, DAY, DIMENSIONS, MONTH
from store.frames.filters import storable
from store.frames.sight import LISTED
from store.frames.values import Sight

FIELDS = DIMENSIONS
"""What is told, and what can be filtered by."""

Values = dict[str, list[str]]
"""By field: what occurs, sorted, without the empty text."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """A time: `start <= observation_date < end`, to the minute; what is below is cut off."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            moment = getattr(self, name).astimezone(UTC).replace(second=0, microsecond=0)
            object.__setattr__(self, name, moment)


@dataclass(frozen=True, slots=True)
class _Which:
    """Which frames and which combinations count."""

    of_frames: ColumnElement[bool]
    of_combinations: ColumnElement[bool]


def everything(database: Database, sight: Sight) -> Values:
    """Return the values of all frames that somebody may see."""
    parts = [_public(sight), *_not_public(sight)]
    which = true() if sight.superuser else or_(*(one.of_combinations for one in parts))
    return _values(database, [_combinations(ALL, "", "").where(which)])


def aggregate(
    database: Database,
    sight: Sight,
    window: Window,
    filters: Mapping[str, str],
    *,
    public: bool,
) -> Values:
    """Return the values in a window, as the OCS Science Archive 2.7 has them.

    Args:
        database: Where they are.
        sight: Who asks: their share are the frames that are not public yet.
        window: The time.
        filters: By field of `FIELDS`: what it has to be.
        public: Whether frames that are public count, too.

    """
    parts = [*([_public(sight)] if public else []), *_not_public(sight)]
    if not parts or not all(map(storable, filters.values())):
        return _values(database, [])
    which = _Which(
        or_(*(one.of_frames for one in parts)), or_(*(one.of_combinations for one in parts))
    )
    return _values(database, list(_sources(window, filters, which)))


def _public(sight: Sight) -> _Which:
    return _Which(frames.c.public_date < sight.now, frame_combinations.c.first_public < sight.now)


def _not_public(sight: Sight) -> list[_Which]:
    if not (sight.superuser or sight.proposals):
        return []
    last = frame_combinations.c.last_public
    of_frames = or_(frames.c.public_date.is_(None), frames.c.public_date >= sight.now)
    of_combinations = or_(last.is_(None), last >= sight.now)
    if not sight.superuser:
        own = sorted(sight.proposals)
        of_frames = and_(of_frames, frames.c.proposal_id.in_(own))
        of_combinations = and_(of_combinations, frame_combinations.c.proposal_id.in_(own))
    return [_Which(of_frames, of_combinations)]


def _sources(
    window: Window, filters: Mapping[str, str], which: _Which
) -> Iterator[Select[tuple[str, ...]]]:
    """Yield statements that together find the combinations of a window."""
    for grain, start, end in pieces(window):
        if grain is None:
            observed = frames.c.observation_date
            chosen = select(*(frames.c[name] for name in FIELDS)).where(
                LISTED, observed >= start, observed < end, which.of_frames
            )
            columns = frames.c
        else:
            chosen = _combinations(grain, _day(start), _day(end)).where(which.of_combinations)
            columns = frame_combinations.c
        yield chosen.where(*(columns[name] == value for name, value in filters.items()))


def pieces(window: Window) -> list[tuple[str | None, datetime, datetime]]:
    """Return a window as whole months, whole days, and what remains (None), none of it twice."""
    if window.end.year == MAXYEAR:  # after it there is no day that anything could begin on
        return [(None, window.start, window.end)]
    days = _next(window.start, _midnight), _midnight(window.end)
    if days[0] > days[1]:  # it begins and ends on the same day
        return [(None, window.start, window.end)] if window.start < window.end else []
    months = _next(days[0], _first), _first(days[1])
    if months[0] > months[1]:
        months = (days[1], days[1])
    found: list[tuple[str | None, datetime, datetime]] = [
        (None, window.start, days[0]),
        (DAY, days[0], months[0]),
        (MONTH, *months),
        (DAY, months[1], days[1]),
        (None, days[1], window.end),
    ]
    return [(grain, start, end) for grain, start, end in found if start < end]


def _combinations(grain: str, first: str, end: str) -> Select[tuple[str, ...]]:
    """Return the combinations of a grain that begin on a day or later, and before another."""
    columns = frame_combinations.c
    chosen = select(*(columns[name] for name in FIELDS)).where(columns.grain == grain)
    if grain == ALL:
        return chosen
    return chosen.where(columns.start >= first, columns.start < end)


def _values(database: Database, sources: list[Select[tuple[str, ...]]]) -> Values:
    found: Values = {name: [] for name in FIELDS}
    if not sources:
        return found
    chosen = union(*sources).cte("chosen")
    each = [
        select(literal(number).label("field"), chosen.c[name].label("value"))
        .where(chosen.c[name] != "")
        .distinct()
        for number, name in enumerate(FIELDS)
    ]
    for row in database.query(union_all(*each)):
        found[FIELDS[row["field"]]].append(row["value"])
    return {name: sorted(values) for name, values in found.items()}


def _next(moment: datetime, beginning: Callable[[datetime], datetime]) -> datetime:
    """Return the moment if something begins then, or else when the next does."""
    begun = beginning(moment)
    if begun == moment:
        return moment
    longer = _DAY if beginning is _midnight else timedelta(days=31)
    return beginning(begun + longer)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0)


def _first(moment: datetime) -> datetime:
    return _midnight(moment).replace(day=1)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
