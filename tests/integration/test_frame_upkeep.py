"""What looks after frames asks the same of both databases."""

import json
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from store import tables
from store.database import Database
from store.frames.combinations import recount
from store.frames.expiry import Expiry, count_expired, expired
from store.frames.reannouncing import again
from store.frames.recounting import differences
from tests.equipment.frames import NOW, OBSERVED, Maker, keep

LATER = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def night(database: Database) -> Database:
    """Three frames, and one that was never observed."""
    maker = Maker()
    keep(
        database,
        maker.frame(basename="a", versions=(".fits", ".fits.fz"), headers='{"OBJECT": "été"}'),
        maker.frame(basename="b", configuration_type="GUIDE", site_id="cpt"),
        maker.frame(basename="3", public_date=None, headers=None),
        maker.placeholder("nothing"),
    )
    return database


def found(database: Database, expiry: Expiry, at_once: int = 2) -> list[str]:
    windows = [*expired(database, expiry, at_once)]
    assert all(len(window) <= at_once for window in windows)
    names = [row["basename"] for window in windows for row in window]
    assert count_expired(database, expiry) == len(names)
    return names


def test_expired_frames_are_found_by_all_that_is_said(night: Database) -> None:
    assert found(night, Expiry(observed_before=LATER)) == ["a", "b", "3"]
    assert found(night, Expiry(observed_before=OBSERVED)) == []
    nights = date(2024, 3, 3), date(2024, 3, 5)
    assert found(night, Expiry(between=nights, types=("GUIDE", "BIAS"))) == ["b"]
    assert found(night, Expiry(between=nights, not_types=("GUIDE",), site_id="TST")) == ["a", "3"]
    assert found(night, Expiry(between=(nights[0], date(2024, 3, 4)))) == []


@pytest.mark.parametrize("both", [True, False])
def test_all_there_is_is_never_meant_by_mistake(both: bool) -> None:  # noqa: FBT001 - a case
    with pytest.raises(ValueError, match="either"):
        Expiry(
            observed_before=LATER if both else None,
            between=(date(2024, 1, 1), date(2024, 2, 1)) if both else None,
        )


def test_notices_are_made_again_a_window_at_a_time(night: Database) -> None:
    windows = [*again(night, since=NOW, at_once=3)]
    assert [[one.id for one in window] for window in windows] == [
        ["uid-11", "uid-12", "uid-21"],
        ["uid-31"],
    ]
    assert json.loads(windows[0][1].body)["OBJECT"] == "été"
    assert json.loads(windows[1][0].body) == {
        "area": None,
        "basename": "3",
        "version_set": [{"key": "key-31", "md5": f"{31:032x}", "extension": ".fits.fz"}],
        "filename": "3.fits.fz",
        "frameid": 3,
    }


def test_frames_are_named_by_basename_or_id(night: Database) -> None:
    named = [one.id for window in again(night, named=["b", "3", "99999999999"]) for one in window]
    assert named == ["uid-21", "uid-31"]
    assert [*again(night, since=datetime(2100, 1, 1, tzinfo=UTC), named=["a"])] == []


def test_what_is_counted_is_compared_with_what_is_kept(night: Database) -> None:
    with night.transaction() as transaction:
        assert differences(transaction) == []
        columns = tables.frame_combinations.c
        wrong = update(tables.frame_combinations).where(columns.grain == "day")
        transaction.execute(wrong.where(columns.site_id == "cpt").values(frames=2))
        gone = tables.frame_combinations.delete().where(columns.grain == "all")
        transaction.execute(gone.where(columns.site_id == "tst"))
        lost, changed = differences(transaction)
        assert (lost.key[:3], lost.kept) == (("all", "", "tst"), "none")
        assert lost.counted == "2 frames, public from 2025-03-05 00:00:00+00:00 to never"
        assert (changed.key[:2], changed.kept[:8]) == (("day", "2024-03-05"), "2 frames")
        recount(transaction)
        assert differences(transaction) == []
