"""Whatever is searched for: what the databases find is what plain Python finds, page by page."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from store.database import Database, open_database
from store.frames.aggregates import Window, aggregate, everything
from store.frames.combinations import DIMENSIONS
from store.frames.paging import Key, Place, complete, key_of, read_key, write_key
from store.frames.search import (
    ORDERABLE,
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
from store.frames.values import Frame, Sight
from store.frames.views import find, find_after
from store.sky.geometry import read_geometry
from store.sky.matching import matches
from store.tables import metadata
from tests.equipment.emptying import end_connections
from tests.equipment.frames import NOW, OBSERVED, SQUARE, Made, Maker, keep

FRAMES = 60
DAY = timedelta(days=1)
MOMENTS = [OBSERVED + n * DAY / 3 for n in (-400, -30, -2, -1, 0, 1, 2, 3, 100)]
DATES = [None, NOW - DAY, NOW, NOW + DAY]
NAMES = ["", "M 31", "m 31", "NGC 7000", "ngc 70", "Straße", 'a"b%_']
AREAS = [None, SQUARE, SQUARE.replace("150.", "149."), '{"type":"Polygon","coordinates":[]}']
FIGURES = ["POINT(-210 2)", "POINT(149.5 2)", "POLYGON((150 1,151 1,151 3,150 3,150 1))"]
VALUES: dict[str, list[Any]] = {
    "observation_date": [*MOMENTS, None],
    "observation_day": ["2024-03-04", "2024-03-05", None],
    "public_date": DATES,
    "proposal_id": ["A", "B", ""],
    "instrument_id": ["kb27", "kb28"],
    "target_name": NAMES,
    "site_id": ["tst", "TST"],
    "telescope_id": ["1m0a", ""],
    "primary_optical_element": ["rp", "gp"],
    "configuration_type": ["EXPOSE", "BIAS", "DARK"],
    "reduction_level": [-1, 0, 91],
    "exposure_time": [None, 0.0, 0.5, 12.5],
    "observation_id": [None, 0, 4711],
    "request_id": [None, 991],
    "submitter": ["", "ada"],
    "area": AREAS,
}
EQUALS = [name for name in VALUES if name not in {"exposure_time", "area"}]

filters: st.SearchStrategy[Filter] = st.one_of(
    st.sampled_from(EQUALS).flatmap(
        lambda name: st.sampled_from([one for one in VALUES[name] if one is not None]).map(
            lambda value: Equal(name, value)
        )
    ),
    st.sampled_from(MOMENTS).map(lambda one: AtLeast("observation_date", one)),
    st.sampled_from(MOMENTS).map(lambda one: AtMost("observation_date", one)),
    st.sampled_from([0.0, 0.5, 13.0]).map(lambda one: AtLeast("exposure_time", one)),
    st.builds(
        Contains, st.sampled_from(["basename", "target_name"]), st.sampled_from([*NAMES, "1", "ss"])
    ),
    st.builds(
        Among,
        st.just("configuration_type"),
        st.lists(st.sampled_from(["BIAS", "DARK"]), max_size=2).map(tuple),
        st.booleans(),
    ),
    st.just(NotPublic()),
    st.builds(
        Sky, st.sampled_from(["covers", "intersects"]), st.sampled_from(FIGURES).map(read_geometry)
    ),
)
orders = st.lists(st.tuples(st.sampled_from(ORDERABLE), st.booleans()), max_size=3).map(tuple)
searches = st.builds(Search, st.lists(filters, max_size=3).map(tuple), orders)
sights = st.one_of(
    st.just(Sight(NOW, superuser=True, known=True)),
    st.frozensets(st.sampled_from(["A", "B", "C"])).map(
        lambda mine: Sight(NOW, proposals=mine, known=True)
    ),
    st.just(Sight(NOW)),
)
rows = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})
made_of = st.lists(st.tuples(rows, st.sampled_from([(), (".fits",)])), max_size=FRAMES)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database with all tables, for many examples in turn."""
    folder: Path = tmp_path_factory.mktemp("frames")
    url = f"sqlite:///{folder / 'muniment.db'}"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("shared_postgresql_url"))
        end_connections(url)
    with closing(open_database(url)) as database:
        metadata.create_all(database.engine)
        yield database


def filled(
    database: Database, given_rows: list[tuple[dict[str, Any], tuple[str, ...]]]
) -> list[Made]:
    """Have these frames, and no others."""
    maker = Maker(itertools.count(1))
    made = [maker.frame(versions=versions, **row) for row, versions in given_rows]
    with database.transaction() as transaction:
        for name, table in metadata.tables.items():
            if name.startswith(("frame", "thumbnails")):
                transaction.execute(delete(table))
    keep(database, *made)
    return made


def may_see(sight: Sight, row: dict[str, Any]) -> bool:
    return sight.superuser or is_public(row) or row["proposal_id"] in sight.proposals


def is_public(row: dict[str, Any]) -> bool:
    return row["public_date"] is not None and row["public_date"] < NOW


def meets(  # noqa: PLR0911 - one for each kind
    one: Filter, sight: Sight, row: dict[str, Any]
) -> bool:
    """What each filter means, as it is written in its contract."""
    match one:
        case Equal(name, value):
            return bool(row[name] == value)
        case AtLeast(name, value):
            return row[name] is not None and row[name] >= value
        case AtMost(name, value):
            return row[name] is not None and row[name] <= value
        case Contains(name, text):
            return text.casefold() in row[name].casefold()
        case Among(name, values, excluded):
            return (row[name] in values) is not excluded
        case NotPublic():
            if sight.known and not sight.superuser:
                return not sight.proposals or row["proposal_id"] in sight.proposals
            return not is_public(row)
        case Sky(how, geometry):
            return row["area"] is not None and matches([row["area"]], geometry, how)[0]


def sorts_by(name: str, row: dict[str, Any]) -> tuple[bool, Any]:
    """Return what sorts by a column: the unknown counts as the greatest."""
    return row[name] is None, 0 if row[name] is None else row[name]


def found_plainly(made: list[Made], search: Search, sight: Sight) -> list[int]:
    chosen = [
        one.row
        for one in made
        if one.versions
        and one.row["observation_date"] is not None
        and may_see(sight, one.row)
        and all(meets(each, sight, one.row) for each in search.filters)
    ]
    for name, descending in reversed(complete(search.order)):
        chosen.sort(key=partial(sorts_by, name), reverse=descending)
    return [row["id"] for row in chosen]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    given_rows=made_of,
    asked=st.lists(st.tuples(searches, sights), min_size=1, max_size=4),
    size=st.integers(1, 9),
)
def test_searches_find_what_plain_python_finds(
    database: Database,
    given_rows: list[tuple[dict[str, Any], tuple[str, ...]]],
    asked: list[tuple[Search, Sight]],
    size: int,
) -> None:
    made = filled(database, given_rows)
    for search, sight in asked:
        wanted = found_plainly(made, search, sight)
        whole = find(database, search, sight, limit=FRAMES)
        assert ([one.id for one in whole.frames], whole.count) == (wanted, len(wanted))
        pages = [
            find(database, search, sight, limit=size, offset=offset)
            for offset in range(0, len(wanted) + size, size)
        ]
        assert [one for page in pages for one in page.frames] == whole.frames
        assert {page.count for page in pages} == {len(wanted)}
        assert walked(database, search, sight, size) == wanted
        assert walked(database, search, sight, size, backwards=True) == wanted[::-1]


def walked(
    database: Database, search: Search, sight: Sight, size: int, *, backwards: bool = False
) -> list[int]:
    """Go from page to page by the place of the last frame; return ids in the order of the way."""
    found: list[Frame] = []
    key: Key | None = None
    while True:
        page = find_after(database, search, sight, limit=size, place=Place(key, backwards))
        found += page.found[::-1] if backwards else page.found
        if not page.more:
            return [one.id for one in found]
        key = reread(found[-1], search.order)


def reread(frame: Frame, order: tuple[Order, ...]) -> Key:
    return read_key(write_key(key_of(frame, order)), order)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    given_rows=made_of,
    sight=sights,
    times=st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=2).map(sorted),
    public=st.booleans(),
    chosen=st.dictionaries(
        st.sampled_from(DIMENSIONS), st.sampled_from(["A", "tst", "rp"]), max_size=1
    ),
)
def test_aggregates_tell_what_plain_python_tells(  # noqa: PLR0913 - what there is to choose
    *,
    database: Database,
    given_rows: list[tuple[dict[str, Any], tuple[str, ...]]],
    sight: Sight,
    times: list[Any],
    public: bool,
    chosen: dict[str, str],
) -> None:
    listed = [
        one.row
        for one in filled(database, given_rows)
        if one.versions and one.row["observation_date"] is not None
    ]
    window = Window(*times)
    inside = [
        row
        for row in listed
        if window.start <= row["observation_date"] < window.end
        and all(row[name] == value for name, value in chosen.items())
        and (public if is_public(row) else may_see(sight, row))
    ]
    found = aggregate(database, sight, window, chosen, public=public)
    assert found == values_of(inside)
    visible = [row for row in listed if may_see(sight, row)]
    assert everything(database, sight) == values_of(visible)


def values_of(found: list[dict[str, Any]]) -> dict[str, list[str]]:
    return {name: sorted({row[name] for row in found} - {""}) for name in DIMENSIONS}
