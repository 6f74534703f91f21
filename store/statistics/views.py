"""Reading views of the figures: how often, how large, how long; by day or hour, and in all.

Each is one statement. Types that are not in the catalogue are told together, as `OTHER`: anybody
who may publish can invent them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    RowMapping,
    Select,
    Text,
    case,
    cast,
    extract,
    func,
    literal_column,
    select,
)

from schemas.capabilities import CAPABILITIES
from schemas.catalogue import EVENTS
from store.database import Database
from store.statistics.counting import FIGURES, Figures
from store.tables import (
    queue_samples,
    statistics_durations,
    statistics_hours,
    statistics_resources,
    statistics_totals,
)

Step: TypeAlias = Literal["day", "hour"]
"""What the figures are told by."""
OTHER = "other"
"""Stands for every type that is not in the catalogue."""

_WRITTEN = {"day": "2026-11-21", "hour": "2026-11-21 22", "ten minutes": "2026-11-21 22:1"}


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, UTC, the first and the last of them included."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """When the first begins."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """When the last is over."""
        return datetime.combine(self.last, time(), UTC) + timedelta(days=1)

    def steps(self, by: Step) -> list[datetime]:
        """Return the beginnings of all days or hours among them."""
        length = timedelta(days=1) if by == "day" else timedelta(hours=1)
        return [self.begin + number * length for number in range((self.end - self.begin) // length)]


@dataclass(frozen=True, slots=True)
class Counted:
    """The events of one type that were recorded in one day or hour."""

    at: datetime
    """Its beginning."""
    type: str
    """Or `OTHER`."""
    figures: Figures


@dataclass(frozen=True, slots=True)
class Took:
    """How long the uses of one capability took that ended in one day or hour."""

    at: datetime
    capability: str
    buckets: Mapping[int, int]
    """How many of them took how long: see `store.statistics.durations`."""


@dataclass(frozen=True, slots=True)
class Used:
    """One resource of one capability."""

    capability: str
    resource: str
    """A name that clients made up."""
    events: int
    bytes: int


@dataclass(frozen=True, slots=True)
class QueuePeak:
    """The highest that the samples of one queue say, of one stretch of time."""

    at: datetime
    """Its beginning."""
    queue: str
    depth: int | None
    """Deliveries: ready, in hand (where the broker tells), or delayed; None: nobody could tell."""
    age: float
    """Of the oldest event that waited, seconds."""


def counted(database: Database, days: Days, by: Step) -> list[Counted]:
    """Return what was recorded in those days, by time and type; what is nothing is left out."""
    columns = statistics_hours.c
    figures = [columns[name] for name in FIGURES]
    each = _apart(
        select(_at(columns.hour, by), columns.type, *figures).where(*_during(columns.hour, days))
    )
    typed = select(each.at, each.type, *_sums(each)).group_by(each.at, each.type).subquery().c
    keys = (typed.at, _named(typed.type))
    rows = database.query(select(*keys, *_sums(typed)).group_by(*keys).order_by(*keys))
    return [Counted(_moment(row["at"]), row["named"], _figures(row)) for row in rows]


def totals(database: Database) -> dict[str, Figures]:
    """Return what was ever recorded, by type."""
    named = _named(statistics_totals.c.type)
    rows = database.query(
        select(named, *_sums(statistics_totals.c)).group_by(named).order_by(named)
    )
    return {row["named"]: _figures(row) for row in rows}


def buckets(database: Database, days: Days) -> dict[str, dict[int, int]]:
    """Return how many events of each type took how long in those days: by type, then bucket."""
    columns = statistics_durations.c
    keys = (columns.type, columns.bucket)
    typed = (
        select(*keys, func.sum(columns.events).label("events"))
        .where(*_during(columns.hour, days))
        .group_by(*keys)
        .subquery()
        .c
    )
    told = (_named(typed.type), typed.bucket)
    rows = database.query(select(*told, func.sum(typed.events).label("events")).group_by(*told))
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row["named"]][row["bucket"]] = int(row["events"])
    return dict(sorted(found.items()))


def took(database: Database, days: Days, by: Step) -> list[Took]:
    """Return how long the uses of each capability took that ended, by time and capability."""
    columns = statistics_durations.c
    ending = {name: one.name for one in CAPABILITIES.values() for name in one.endings}
    each = _apart(
        select(_at(columns.hour, by), columns.type, columns.bucket, columns.events).where(
            *_during(columns.hour, days), columns.type.in_(ending)
        )
    )
    keys = (each.at, each.type, each.bucket)
    events = func.sum(each.events).label("events")
    typed = select(*keys, events).group_by(*keys).subquery().c
    told = (typed.at, case(ending, value=typed.type).label("capability"), typed.bucket)
    rows = database.query(select(*told, func.sum(typed.events).label("events")).group_by(*told))
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row["at"], row["capability"]][row["bucket"]] = int(row["events"])
    return [Took(_moment(at), name, found[at, name]) for at, name in sorted(found)]


def resources(
    database: Database, days: Days, most: int, capability: str | None = None
) -> list[Used]:
    """Return the most used resources, up to `most` of each capability (or of one), most first."""
    columns = statistics_resources.c
    events = func.sum(columns.events)
    order = (events.desc(), columns.resource)
    statement = (
        select(
            columns.capability,
            columns.resource,
            events.label("events"),
            func.sum(columns.bytes).label("bytes"),
            func.row_number().over(partition_by=columns.capability, order_by=order).label("place"),
        )
        .where(*_during(columns.day, days))
        .group_by(columns.capability, columns.resource)
    )
    if capability is not None:
        statement = statement.where(columns.capability == capability)
    ranked = statement.subquery()
    rows = database.query(
        select(ranked).where(ranked.c.place <= most).order_by(ranked.c.capability, ranked.c.place)
    )
    return [
        Used(row["capability"], row["resource"], int(row["events"]), int(row["bytes"]))
        for row in rows
    ]


def queue_peaks(database: Database, begin: datetime, end: datetime) -> list[QueuePeak]:
    """Return the peaks of all queues from `begin` to before `end`, by time and queue.

    Each is that of ten minutes, and of an hour where it is more than a day.
    """
    columns = queue_samples.c
    is_long = end - begin > timedelta(days=1)
    at = _at(columns.minute, "hour" if is_long else "ten minutes")
    depth = columns.ready + func.coalesce(columns.held, 0) + columns.delayed
    age = extract("epoch", columns.sampled_at) - extract("epoch", columns.oldest_at)
    each = _apart(
        select(at, columns.queue, depth.label("depth"), age.label("age")).where(
            columns.minute >= begin, columns.minute < end
        )
    )
    keys = (each.at, each.queue)
    peaks = (func.max(each.depth).label("depth"), func.coalesce(func.max(each.age), 0).label("age"))
    rows = database.query(select(*keys, *peaks).group_by(*keys).order_by(*keys))
    return [
        QueuePeak(_moment(row["at"]), row["queue"], row["depth"], max(0.0, float(row["age"])))
        for row in rows
    ]


def _apart(statement: Select[Any]) -> Any:  # noqa: ANN401 - columns, by name
    """Return the columns of rows whose time is written before anything is added up.

    PostgreSQL expects as many days as there are hours, and would sort every row on its disk.
    Behind an offset it does not look, expects few, and adds them up in memory.
    """
    return statement.offset(0).subquery().c


def _during(
    column: ColumnElement[datetime], days: Days
) -> tuple[ColumnExpressionArgument[bool], ...]:
    return column >= days.begin, column < days.end


def _at(column: ColumnElement[datetime], by: str) -> ColumnElement[str]:
    # Both databases write a time the same way, up to here; to truncate one, each has a function
    # of its own.
    return func.substr(cast(column, Text), 1, literal_column(str(len(_WRITTEN[by])))).label("at")


def _moment(at: str) -> datetime:
    written = f"{at}0" if len(at) == len(_WRITTEN["ten minutes"]) else at
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def _named(column: ColumnElement[str]) -> ColumnElement[str]:
    return case((column.in_(sorted(EVENTS)), column), else_=OTHER).label("named")


def _sums(columns: Any) -> list[ColumnElement[int]]:  # noqa: ANN401 - columns of a table
    return [func.sum(columns[name]).label(name) for name in FIGURES]


def _figures(row: RowMapping) -> Figures:
    # Sums are decimals in one of the databases.
    return Figures(**{name: int(row[name]) for name in FIGURES})
