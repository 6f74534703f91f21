"""What is asked of a million frames: every filter, the first page and the thousandth, and the rest.

Each question is answered by the very functions that answer a request.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from ops.bench.frame_specimens import NOW, md5_of
from store.database import Database
from store.frames import aggregates as frame_aggregates
from store.frames import thumbnail_views, version_views
from store.frames import views as frame_views
from store.frames.aggregates import Window
from store.frames.paging import Place
from store.frames.search import (
    Among,
    AtLeast,
    AtMost,
    Contains,
    Equal,
    Filter,
    NotPublic,
    Order,
    Search,
    Sky,
)
from store.frames.values import Sight
from store.sky.geometry import read_geometry

_PAGE = 100
_FAR = 99_900
"""Where the thousandth page begins."""

ANYBODY = Sight(NOW)
MEMBER = Sight(NOW, proposals=frozenset({"PROP-0398", "PROP-0399", "PROP-0400"}), known=True)
SUPERUSER = Sight(NOW, superuser=True, known=True)

_SCIENCE = ("EXPOSE", "TARGET", "SPECTRUM", "CATALOG", "OBJECT")


@dataclass(frozen=True, slots=True)
class Question:
    """One of them."""

    name: str
    ask: Callable[[Database], int]
    """Returns how many there are in all, or how many values were found."""


def questions(count: int) -> Iterator[Question]:
    """Yield what is asked of so many frames."""
    middle = NOW - timedelta(days=5 * 365)
    yield from _pages("all, anybody", ANYBODY)
    yield from _pages("all, member of three proposals", MEMBER)
    yield from _pages("all, superuser", SUPERUSER)
    for name, filters in _filters(count, middle):
        yield from _pages(name, ANYBODY, *filters)
    yield from _pages("public=false, member", MEMBER, NotPublic())
    yield from _pages("public=false, superuser", SUPERUSER, NotPublic())
    yield from _pages("site_id, member", MEMBER, Equal("site_id", "lsc"))
    for name in ("basename", "target_name", "exposure_time"):
        for descending in (False, True):
            order = ((name, descending),)
            yield _cursor(f"cursor by {'-' if descending else ''}{name}", ANYBODY, order)
    yield _cursor("cursor by -observation_date", ANYBODY)
    yield from _skies()
    yield from _aggregates(middle)
    yield Question("md5", partial(_versions, md5_of(count // 2)))
    yield Question("versions", partial(_versions, None))
    yield Question("thumbnails", _thumbnails)
    yield Question("one frame", partial(_one, count // 2))


def _filters(count: int, middle: datetime) -> Iterator[tuple[str, tuple[Filter, ...]]]:
    days = timedelta(days=1)
    yield "start", (AtLeast("observation_date", middle),)
    yield "end", (AtMost("observation_date", middle),)
    week = AtMost("observation_date", middle + 7 * days)
    yield "start and end, a week", (AtLeast("observation_date", middle), week)
    yield "DATE_OBS", (Equal("observation_date", middle),)
    yield "dayobs", (Equal("observation_day", str(middle.date())),)
    yield (
        "basename, a night of a telescope",
        (Contains("basename", f"LSC1m0a-kb11-{middle:%Y%m%d}"),),
    )
    yield "basename, a site", (Contains("basename", "lsc"),)
    yield "basename, two letters", (Contains("basename", "ls"),)
    yield "basename_exact", (Equal("basename", "nothing-like-this"),)
    yield "target_name, rare", (Contains("target_name", "ngc 7123"),)
    yield "target_name, common", (Contains("target_name", "NGC 7"),)
    yield "target_name_exact", (Equal("target_name", "NGC 7123"),)
    yield "empty_target_name", (Equal("target_name", ""),)
    yield "L1PUBDAT", (Equal("public_date", middle),)
    yield "exposure_time, common", (AtLeast("exposure_time", 30.0),)
    yield "exposure_time, rare", (AtLeast("exposure_time", 1800.0),)
    yield "configuration_type", (Equal("configuration_type", "EXPOSE"),)
    yield "configuration_type, rare", (Equal("configuration_type", "TRAILED"),)
    yield "proposal_id", (Equal("proposal_id", "PROP-0200"),)
    yield "instrument_id", (Equal("instrument_id", "kb11"),)
    yield "site_id", (Equal("site_id", "lsc"),)
    yield "telescope_id", (Equal("telescope_id", "2m0a"),)
    yield "primary_optical_element", (Equal("primary_optical_element", "H-Alpha"),)
    yield "observation_id", (Equal("observation_id", count // 20),)
    yield "request_id", (Equal("request_id", count // 40),)
    yield "reduction_level", (Equal("reduction_level", 91),)
    yield "exclude_configuration_type", (Among("configuration_type", ("BIAS",), excluded=True),)
    yield "include_configuration_type", (Among("configuration_type", ("BIAS", "SPECTRUM")),)
    yield "exclude_calibrations", (Among("configuration_type", _SCIENCE),)
    yield "submitter", (Equal("submitter", "user-7"),)
    several = (
        Equal("site_id", "coj"),
        Equal("configuration_type", "EXPOSE"),
        Equal("reduction_level", 91),
        AtLeast("observation_date", middle),
        AtMost("observation_date", middle + 30 * days),
    )
    yield "site, type, level, a month", several


def _pages(name: str, sight: Sight, *filters: Filter) -> Iterator[Question]:
    for page, offset in (("page 1", 0), ("page 1000", _FAR)):
        yield Question(f"{name}, {page}", partial(_find, sight, filters, offset))


def _find(sight: Sight, filters: tuple[Filter, ...], offset: int, database: Database) -> int:
    search = Search(filters)
    return frame_views.find(database, search, sight, limit=_PAGE, offset=offset).count


def _cursor(name: str, sight: Sight, *orders: tuple[Order, ...]) -> Question:
    search = Search((), *orders)

    def ask(database: Database) -> int:
        first = frame_views.find_after(database, search, sight, limit=_PAGE)
        place = Place(first.keys[-1])
        second = frame_views.find_after(database, search, sight, limit=_PAGE, place=place)
        return len(first.found) + len(second.found)

    return Question(f"{name}, two pages", ask)


def _skies() -> Iterator[Question]:
    figures: dict[str, tuple[Literal["covers", "intersects"], str]] = {
        "covers a point": ("covers", "POINT(150 2)"),
        "intersects a degree": ("intersects", "POLYGON((150 2,151 2,151 3,150 3,150 2))"),
        "intersects ten degrees": ("intersects", "POLYGON((150 2,160 2,160 12,150 12,150 2))"),
    }
    for name, (how, text) in figures.items():
        sky = Sky(how, read_geometry(text))
        yield Question(name, partial(_find, ANYBODY, (sky,), 0))


def _aggregates(middle: datetime) -> Iterator[Question]:
    for name, sight in (("anybody", ANYBODY), ("member", MEMBER), ("superuser", SUPERUSER)):
        yield Question(f"aggregate of everything, {name}", partial(_everything, sight))
    start = middle + timedelta(hours=7, minutes=13)
    for days in (1, 30, 365):
        window = Window(start, middle + timedelta(days=days))
        yield Question(f"aggregate of {days} days", partial(_window, SUPERUSER, window, {}))
    year = Window(start, middle + timedelta(days=365))
    filters = {"site_id": "lsc"}
    yield Question("aggregate of a site's year", partial(_window, ANYBODY, year, filters))


def _everything(sight: Sight, database: Database) -> int:
    return _total(frame_aggregates.everything(database, sight))


def _window(sight: Sight, window: Window, filters: dict[str, str], database: Database) -> int:
    return _total(frame_aggregates.aggregate(database, sight, window, filters, public=True))


def _total(values: frame_aggregates.Values) -> int:
    return sum(map(len, values.values()))


def _versions(md5: str | None, database: Database) -> int:
    return version_views.versions(database, md5, limit=_PAGE).count


def _thumbnails(database: Database) -> int:
    frame = (Equal("proposal_id", "PROP-0200"),)
    return thumbnail_views.pictures(database, ANYBODY, frame=frame, limit=_PAGE).count


def _one(number: int, database: Database) -> int:
    found = frame_views.frame(database, number, ANYBODY)
    return len(found.versions) if found else 0
