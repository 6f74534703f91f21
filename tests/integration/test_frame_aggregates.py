"""The values that occur, by who asks, and in windows of time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store.database import Database
from store.frames.aggregates import FIELDS, Window, aggregate, everything
from store.frames.values import Sight
from tests.equipment.frames import NOW, Made, Maker, keep

ANYBODY = Sight(NOW)
MEMBER = Sight(NOW, proposals=frozenset({"MINE"}), known=True)
SUPERUSER = Sight(NOW, superuser=True, known=True)
BEGIN = datetime(2024, 1, 30, 22, 30, tzinfo=UTC)
END = datetime(2024, 4, 2, 1, 30, tzinfo=UTC)
WINDOW = Window(BEGIN, END)
LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def shares(database: Database) -> None:
    """One frame of each kind that sight tells apart; sites are named for them."""
    maker = Maker()
    dates = {"public": NOW - timedelta(seconds=1), "now": NOW, "later": LATER, "never": None}
    observed = [
        BEGIN,
        BEGIN + timedelta(days=1),
        BEGIN + timedelta(days=40),
        END - timedelta(hours=1),
    ]
    made = [
        maker.frame(
            site_id=f"{proposal} {name} {place}",
            proposal_id=proposal,
            public_date=at,
            observation_date=when,
        )
        for proposal in ("MINE", "OTHER")
        for name, at in dates.items()
        for place, when in enumerate(observed)
    ]
    keep(database, *made)


def kinds(values: dict[str, list[str]]) -> set[str]:
    """Which kinds of frames were counted; each in all places of the window, or in none."""
    found = [site.rpartition(" ")[0] for site in values["site_id"]]
    assert all(found.count(kind) == 4 for kind in found)
    return set(found)


PUBLIC = {"MINE public", "OTHER public"}
OWN = {"MINE now", "MINE later", "MINE never"}
OTHERS = {"OTHER now", "OTHER later", "OTHER never"}


@pytest.mark.usefixtures("shares")
@pytest.mark.parametrize(
    ("sight", "private"),
    [(ANYBODY, set()), (Sight(NOW, known=True), set()), (MEMBER, OWN), (SUPERUSER, OWN | OTHERS)],
    ids=["anybody", "member of nothing", "member", "superuser"],
)
def test_everybody_is_told_of_their_share(
    database: Database, sight: Sight, private: set[str]
) -> None:
    assert kinds(everything(database, sight)) == PUBLIC | private
    assert kinds(aggregate(database, sight, WINDOW, {}, public=True)) == PUBLIC | private
    assert kinds(aggregate(database, sight, WINDOW, {}, public=False)) == private


def test_what_occurs_with_public_and_private_frames_counts_for_both(database: Database) -> None:
    maker = Maker()
    keep(database, maker.frame(observation_date=BEGIN), maker.frame(public_date=None))
    for sight in (ANYBODY, SUPERUSER):
        assert everything(database, sight)["site_id"] == ["tst"]
    wide = Window(BEGIN - timedelta(days=2), END)
    for public in (False, True):
        assert aggregate(database, SUPERUSER, wide, {}, public=public)["site_id"] == ["tst"]
    assert aggregate(database, ANYBODY, wide, {}, public=True)["site_id"] == ["tst"]


def test_each_field_is_told_without_what_is_empty(database: Database) -> None:
    maker = Maker()
    alike: list[dict[str, Any]] = [dict.fromkeys(FIELDS, one) for one in ("b", "", "a", "b")]
    some = [maker.frame(**one) for one in alike]
    keep(database, *some, maker.placeholder("x"), maker.frame(site_id="bare", versions=()))
    wanted = {name: ["a", "b"] for name in FIELDS}
    assert everything(database, ANYBODY) == wanted
    assert aggregate(database, ANYBODY, WINDOW, {}, public=True) == wanted


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_is_a_filter(database: Database, field: str) -> None:
    maker = Maker()
    other = "proposal_id" if field == "site_id" else "site_id"
    given: list[dict[str, Any]] = [{field: one, other: f"for {one}"} for one in ("a", "A")]
    keep(database, *(maker.frame(**one) for one in given))
    found = aggregate(database, ANYBODY, WINDOW, {field: "a"}, public=True)
    assert (found[field], found[other]) == (["a"], ["for a"])
    assert not any(aggregate(database, ANYBODY, WINDOW, {field: "\0"}, public=True).values())


EDGES = [
    BEGIN,
    BEGIN.replace(hour=0, minute=0),
    datetime(2024, 2, 1, tzinfo=UTC),
    datetime(2024, 2, 1, 0, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, tzinfo=UTC),
    datetime(2024, 3, 1, tzinfo=UTC),
    END,
]


def test_a_window_begins_with_its_first_minute_and_ends_before_its_last(
    database: Database,
) -> None:
    maker = Maker()
    tick = timedelta(microseconds=1)
    made: list[Made] = [
        maker.frame(observation_date=moment, instrument_id=str(number))
        for number, moment in enumerate(
            moment + step for moment in EDGES for step in (-tick, 0 * tick, tick)
        )
    ]
    keep(database, *made)
    for start in EDGES:
        for end in EDGES:
            window = Window(start + timedelta(seconds=59), end + timedelta(seconds=1))
            found = aggregate(database, ANYBODY, window, {}, public=True)["instrument_id"]
            wanted = [
                one.row["instrument_id"]
                for one in made
                if start <= one.row["observation_date"] < end
            ]
            assert found == sorted(wanted), (start, end)


@pytest.mark.parametrize("year", [1, 9999])
def test_a_window_at_the_end_of_time_is_empty(database: Database, year: int) -> None:
    keep(database, Maker().frame())
    for start, end in (
        ((1, 1, 0), (1, 1, 1)),
        ((1, 2, 3), (12, 31, 23)),
        ((12, 31, 1), (12, 31, 2)),
    ):
        window = Window(datetime(year, *start, tzinfo=UTC), datetime(year, *end, tzinfo=UTC))
        assert not any(aggregate(database, ANYBODY, window, {}, public=True).values())
