"""What is found of frames: searches, orders, pages, and what belongs to one."""

from datetime import UTC, datetime, timedelta

import pytest

from store.database import Database
from store.frames import views as frame_views
from store.frames.search import (
    Among,
    AtLeast,
    AtMost,
    Contains,
    Equal,
    Filter,
    NotPublic,
    Search,
)
from store.frames.values import Sight
from tests.equipment.frames import NOW, OBSERVED, SQUARE, Made, Maker, keep

EVERYTHING = Sight(NOW, superuser=True, known=True)
ANYBODY = Sight(NOW)
LATER = NOW + timedelta(days=1)
MEMBER = Sight(NOW, proposals=frozenset({"MINE"}), known=True)


@pytest.fixture
def maker() -> Maker:
    """Makes frames."""
    return Maker()


def check(database: Database, wanted: list[Made], *filters: Filter) -> None:
    """One search finds these frames, and no others."""
    page = frame_views.find(database, Search(filters), EVERYTHING, limit=100)
    assert sorted(one.id for one in page.frames) == sorted(one.id for one in wanted)
    assert page.count == len(wanted)


@pytest.mark.parametrize(
    "column",
    [
        "basename",
        "proposal_id",
        "instrument_id",
        "target_name",
        "site_id",
        "telescope_id",
        "primary_optical_element",
        "configuration_type",
        "observation_day",
        "submitter",
    ],
)
def test_texts_are_equal_to_the_letter(database: Database, maker: Maker, column: str) -> None:
    wanted = maker.having(column, "Aa")
    keep(database, wanted, maker.having(column, "aA"), maker.having(column, "Aab"))
    check(database, [wanted], Equal(column, "Aa"))
    for impossible in ("A\0a", "\ud800"):
        check(database, [], Equal(column, impossible))


@pytest.mark.parametrize("column", ["observation_id", "request_id", "reduction_level"])
def test_numbers_are_equal(database: Database, maker: Maker, column: str) -> None:
    wanted = maker.having(column, 0)
    keep(database, wanted, maker.having(column, 7))
    check(database, [wanted], Equal(column, 0))
    check(database, [], Equal(column, 10**30))


def test_times_are_within_bounds_that_count(database: Database, maker: Maker) -> None:
    tick = timedelta(microseconds=1)
    before, at, after = (maker.frame(observation_date=OBSERVED + n * tick) for n in (-1, 0, 1))
    keep(database, before, at, after)
    check(database, [at], Equal("observation_date", OBSERVED))
    check(database, [at, after], AtLeast("observation_date", OBSERVED))
    check(database, [before, at], AtMost("observation_date", OBSERVED))


def test_exposures_are_as_long_or_longer(database: Database, maker: Maker) -> None:
    short, long, unknown = (maker.frame(exposure_time=one) for one in (1.5, 2.0, None))
    keep(database, short, long, unknown)
    check(database, [long], AtLeast("exposure_time", 2.0))
    check(database, [], AtLeast("exposure_time", float("inf")))


@pytest.mark.parametrize("column", ["basename", "target_name"])
@pytest.mark.parametrize(
    "part", ["NGC 70", "ngc 7000", "c 7", "7", "n", '"', "%_", "%", "ß STRASSE", "ss st", "Ω", "/"]
)
def test_a_part_of_a_name_is_found_whatever_the_case(
    database: Database, maker: Maker, column: str, part: str
) -> None:
    made = [
        maker.having(column, name)
        for name in ("NGC 7000", "ngc 70", '"quoted" %_/', "Straße", "ß straße ω", "")
    ]
    keep(database, *made)
    wanted = [one for one in made if part.casefold() in one.row[column].casefold()]
    check(database, wanted, Contains(column, part))  # type: ignore[arg-type]  # pytest gives a str
    check(database, [], Contains(column, part + "\0"))  # type: ignore[arg-type]  # as above
    check(database, [], Contains(column, part * 3001))  # type: ignore[arg-type]  # as above


def test_types_are_among_some_or_among_none(database: Database, maker: Maker) -> None:
    bias, dark, expose = (maker.frame(configuration_type=one) for one in ("BIAS", "DARK", "EXPOSE"))
    keep(database, bias, dark, expose)
    check(database, [bias, dark], Among("configuration_type", ("BIAS", "DARK", "x\0")))
    check(database, [expose], Among("configuration_type", ("BIAS", "DARK"), excluded=True))
    check(database, [], Among("configuration_type", ()))
    check(database, [bias, dark, expose], Among("configuration_type", (), excluded=True))


def test_all_filters_have_to_hold(database: Database, maker: Maker) -> None:
    wanted = maker.frame(site_id="abc", reduction_level=91)
    keep(database, wanted, maker.frame(site_id="abc"), maker.frame(reduction_level=91))
    check(database, [wanted], Equal("site_id", "abc"), Equal("reduction_level", 91))


@pytest.fixture
def sights(database: Database, maker: Maker) -> dict[str, int]:
    """One frame of each kind that sight tells apart."""
    dates = {"public": NOW - timedelta(seconds=1), "now": NOW, "later": LATER, "never": None}
    made = {
        f"{proposal} {name}": maker.frame(proposal_id=proposal, public_date=at)
        for proposal in ("MINE", "OTHER")
        for name, at in dates.items()
    }
    keep(database, *made.values())
    return {name: one.id for name, one in made.items()}


PUBLIC = {"MINE public", "OTHER public"}
MINE = {"MINE public", "MINE now", "MINE later", "MINE never"}
ALL = MINE | {"OTHER public", "OTHER now", "OTHER later", "OTHER never"}


@pytest.mark.parametrize(
    ("sight", "seen", "not_public"),
    [
        (ANYBODY, PUBLIC, set()),
        (Sight(NOW, known=True), PUBLIC, PUBLIC),
        (MEMBER, PUBLIC | MINE, MINE),
        (EVERYTHING, ALL, ALL - PUBLIC),
    ],
    ids=["anybody", "member of nothing", "member", "superuser"],
)
def test_everybody_sees_their_share(
    database: Database, sights: dict[str, int], sight: Sight, seen: set[str], not_public: set[str]
) -> None:
    def names(*filters: Filter) -> set[str]:
        page = frame_views.find(database, Search(filters), sight, limit=100)
        assert page.count == len(page.frames)
        return {name for name, number in sights.items() if number in {f.id for f in page.frames}}

    assert names() == seen
    assert names(NotPublic()) == not_public
    after = frame_views.find_after(database, Search((NotPublic(),)), sight, limit=100)
    assert len(after.found) == len(not_public)
    for name, number in sights.items():
        found = frame_views.frame(database, number, sight)
        assert (found is not None) is (name in seen)
        assert (frame_views.headers(database, number, sight) == "{}") is (name in seen)
        assert (frame_views.related(database, number, sight) == []) is (name in seen)
    assert {one.id for one in frame_views.many(database, list(sights.values()), sight)} == {
        sights[name] for name in seen
    }


def test_a_mere_name_is_shown_to_nobody_and_what_has_no_version_is_not_listed(
    database: Database, maker: Maker
) -> None:
    name, bare = maker.placeholder("named"), maker.frame(versions=(), headers=None)
    whole = maker.frame(related=[name, bare])
    keep(database, name, bare, whole)
    check(database, [whole])
    assert frame_views.frame(database, name.id, EVERYTHING) is None
    assert frame_views.headers(database, name.id, EVERYTHING) is None
    assert frame_views.related(database, name.id, EVERYTHING) is None
    found = frame_views.frame(database, bare.id, EVERYTHING)
    assert found is not None
    assert (found.versions, found.filename, found.related) == ((), None, (whole.id,))
    assert frame_views.headers(database, bare.id, EVERYTHING) == "{}"
    others = frame_views.related(database, whole.id, EVERYTHING)
    assert others is not None
    assert [one.id for one in others] == [bare.id]
    (listed,) = frame_views.find(database, Search(), EVERYTHING, limit=1).frames
    assert listed.related == (bare.id, name.id)
    chosen = frame_views.many(database, [whole.id, name.id, bare.id, whole.id], EVERYTHING)
    assert [one.id for one in chosen] == [whole.id, bare.id]


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 10**30])
def test_a_number_that_no_frame_can_have_is_unknown(database: Database, number: int) -> None:
    assert frame_views.frame(database, number, EVERYTHING) is None
    assert frame_views.headers(database, number, EVERYTHING) is None
    assert frame_views.related(database, number, EVERYTHING) is None
    assert frame_views.many(database, [number], EVERYTHING) == []


def test_a_frame_is_told_whole(database: Database, maker: Maker) -> None:
    other = maker.frame(observation_date=OBSERVED - timedelta(days=1))
    made = maker.frame(
        versions=(".fits", ".fits.fz"), related=[other], pictures=("small", "large"), area=SQUARE
    )
    keep(database, other, made)
    beside = frame_views.Beside(pictures=True)
    found = frame_views.frame(database, made.id, EVERYTHING, beside)
    assert found is not None
    assert {name: getattr(found, name) for name in ("area", "observation_date")} == {
        "area": SQUARE,
        "observation_date": OBSERVED,
    }
    assert [one.extension for one in found.versions] == [".fits.fz", ".fits"]
    assert found.filename == f"{made.row['basename']}.fits.fz"
    assert [one.size for one in found.thumbnails] == ["small", "large"]
    assert frame_views.find(database, Search(), EVERYTHING, limit=1, beside=beside).frames == [
        found
    ]
    bare = frame_views.frame(database, made.id, EVERYTHING, frame_views.Beside(related=False))
    assert bare is not None
    assert (bare.related, bare.thumbnails) == ((), ())


def test_a_moment_of_another_zone_is_the_same(database: Database, maker: Maker) -> None:
    wanted = maker.frame(public_date=datetime(2025, 1, 1, tzinfo=UTC))
    keep(database, wanted, maker.frame())
    other = datetime.fromisoformat("2025-01-01T02:00:00+02:00")
    check(database, [wanted], Equal("public_date", other))
