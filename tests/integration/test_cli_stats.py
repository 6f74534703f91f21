"""`muniment stats`, on a database of either kind."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from consumers.update_stats import CONSUMER
from store import tables
from store.database import open_database
from store.upgrading import upgrade
from tests.command_line import Ran, in_process
from tests.equipment.statistics import archived, count_up, happened, ingest
from tests.equipment.world import World, open_world

Muniment = Callable[..., Ran]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muniment.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    """A world in which a file was archived in four seconds, and another one was asked for."""
    with closing(open_database(url)) as database:
        upgrade(database)
    with open_world([CONSUMER], database_url=url, folder=tmp_path) as world:
        now = datetime.now(UTC) - timedelta(minutes=5)
        asked = happened(world, ingest(), now)
        done = archived(5000, "[bold]kb01", now)
        happened(world, done, now + timedelta(seconds=4), cause=asked, kind="emitted")
        happened(world, ingest("b.fits"), now)
        yield world


@pytest.fixture
def muniment(url: str, tmp_path: Path) -> Muniment:
    """The command line on that database."""

    def run(*arguments: str) -> Ran:
        return in_process(*arguments, database_url=url, data_dir=str(tmp_path))

    return run


def test_what_was_counted_is_shown(world: World, muniment: Muniment) -> None:
    count_up(world)
    shown = muniment("stats", "show", "--json").json
    archive = next(one for one in shown["capabilities"] if one["capability"] == "archive")
    assert (archive["uses"], archive["served"], archive["failures"]) == (2, 1, 0)
    assert archive["latency"]["events"] == 1
    assert 4 <= archive["latency"]["p50"] < 4.8
    sizes = {one["type"]: (one["events"], one["bytes"]) for one in shown["types"]}
    assert sizes == {
        "muniment.file.archived.v1": (1, 5000),
        "muniment.file.ingest_requested.v1": (2, 0),
    }
    for_people = muniment("stats", "show", "--days", "2", "--capability", "archive")
    assert for_people.code == 0
    assert "muniment.file.archived.v1" in for_people.out
    assert "packager" not in for_people.out
    other = muniment("stats", "show", "--capability", "records", "--json").json
    assert [one["capability"] for one in other["capabilities"]] == ["records"]
    assert other["types"] == []


def test_a_capability_that_there_is_not_is_refused(world: World, muniment: Muniment) -> None:
    del world
    refused = muniment("stats", "show", "--capability", "coffee")
    assert refused.code == 2
    assert "packager, archive, records" in refused.err


def test_a_rebuild_counts_what_happened_before_there_were_statistics(
    world: World, muniment: Muniment
) -> None:
    waiting = muniment("stats", "rebuild", "--verify")
    assert waiting.code == 0
    assert "3 events wait to be counted" in waiting.out
    assert "muniment stats rebuild" in waiting.out

    assert muniment("stats", "rebuild").out.startswith("3 events were counted")
    assert muniment("stats", "rebuild", "--json").json == {
        "events": 3,
        "position": 3,
        "figures": 6,
    }
    equal = muniment("stats", "rebuild", "--verify", "--json")
    assert equal.code == 0
    assert equal.json == {"equal": True, "events": 3, "waiting": 0, "differences": []}
    assert "All figures agree" in muniment("stats", "rebuild", "--verify").out
    count_up(world)
    assert muniment("stats", "rebuild", "--verify").code == 0


def test_a_figure_that_is_wrong_is_told_and_ends_with_4(world: World, muniment: Muniment) -> None:
    count_up(world)
    with world.database.transaction() as transaction:
        resources = tables.statistics_resources
        transaction.execute(update(resources).values(events=7))
        named = {"day": datetime(2026, 1, 1, tzinfo=UTC), "capability": "archive"}
        odd = {**named, "resource": "\x1b[31m", "events": 1, "bytes": 0}
        transaction.insert(resources, [odd])
    told = muniment("stats", "rebuild", "--verify")
    assert told.code == 4
    assert "[bold]kb01" in told.out
    assert "\x1b" not in told.out
    assert "3 figures differ" in told.out
    found = muniment("stats", "rebuild", "--verify", "--json")
    assert found.code == 4
    assert [one["found"] for one in found.json["differences"]] == [1, 0, 7]
    assert muniment("stats", "rebuild").code == 0
    assert muniment("stats", "rebuild", "--verify").code == 0
