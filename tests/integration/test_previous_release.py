"""A database of an earlier release, with rows in every table, goes on where it was."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import MetaData, insert, select

from consumers import answer_probe, store_record
from store import parked, tables
from store.database import Database, open_database
from store.operations import operation
from store.parked import Decision, Filter, Pace
from store.upgrading import differences, upgrade
from tests.equipment.earlier_releases import PARKED, RELEASES, WAITING
from tests.equipment.logbook import LABEL, Logbook, kinds
from tests.equipment.records import first_put
from tests.equipment.world import World, open_world

BEGINNINGS = {"statistics_state": [{"name": "update-stats", "rebuilt_to": 0, "rebuilt_at": None}]}
"""Rows that are made with their tables."""
MACHINERY = ("alembic_version", "frame_names")
"""How tables begin that hold no rows of ours: the second are SQLite's, of its full-text index."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muniment.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """The revision of an earlier release."""
    return str(request.param)


@pytest.fixture
def previous(url: str, release: str) -> Iterator[Database]:
    """A database of an earlier release, with rows in each of its tables."""
    rows_of, _ = RELEASES[release]
    with closing(open_database(url)) as database:
        upgrade(database, release)
        found = MetaData()
        found.reflect(database.engine)
        ours = {name for name in found.tables if not name.startswith(MACHINERY)}
        assert ours == set(rows_of)
        with database.transaction() as transaction:
            for name, rows in rows_of.items():
                # Today's columns know how to write a time; what is new is left out.
                transaction.execute(insert(tables.metadata.tables[name]), rows)
        yield database


def test_every_row_is_as_it_was(previous: Database, release: str) -> None:
    upgrade(previous)
    assert differences(previous) == []
    _, kept_rows = RELEASES[release]
    for name, rows in kept_rows.items():
        table = tables.metadata.tables[name]
        kept = [dict(row) for row in previous.query(select(*(table.c[c] for c in rows[0])))]
        assert sorted(map(str, kept)) == sorted(map(str, rows)), name


def test_what_is_new_says_nothing_yet(previous: Database, release: str) -> None:
    upgrade(previous)
    assert [row["operator"] for row in previous.query(select(tables.users))] == [False]
    rows_of, _ = RELEASES[release]
    for name in tables.metadata.tables.keys() - rows_of.keys():
        found = previous.query(select(tables.metadata.tables[name]))
        assert [dict(row) for row in found] == BEGINNINGS.get(name, []), name


def test_a_project_can_be_made_where_there_was_none(
    previous: Database, url: str, tmp_path: Path
) -> None:
    upgrade(previous)
    with open_world([store_record.CONSUMER], database_url=url, folder=tmp_path) as world:
        logbook = Logbook(world, user="before")
        logbook.open()
        with world.working(store_record.CONSUMER):
            sent = logbook.request(LABEL, first_put())
            world.wait_for(tables.inbox, 1, event_key=sent.key)
        assert kinds(logbook.followed(sent)) == ["created"]


def test_what_waited_goes_on_and_what_was_parked_can_be_replayed(
    previous: Database, url: str, tmp_path: Path
) -> None:
    upgrade(previous)
    assert [one.item.id for one in parked.find(previous, Filter())] == ["p1"]
    assert state(previous, PARKED) == "parked"
    consumer = answer_probe.CONSUMER
    with open_world([consumer], database_url=url, folder=tmp_path) as world:
        with world.database.transaction() as transaction:
            outlet = world.bus.ledger.outlet
            decision = Decision("user:test", world.clock())
            assert parked.replay(transaction, outlet, ["p1"], decision, Pace(world.clock()))
        with world.working(consumer):
            for key in (WAITING, PARKED):
                world.wait_for(tables.inbox, 1, event_key=key)
        check(world)


def check(world: World) -> None:
    assert state(world.database, WAITING) == "succeeded"
    assert state(world.database, PARKED) == "succeeded"
    (replayed,) = world.rows(tables.inbox, event_key=PARKED)
    assert replayed["attempt"] == 2
    assert [row["probe"] for row in world.rows(tables.probes)] == ["x", WAITING, PARKED]


def state(database: Database, key: str) -> str:
    found = operation(database, key)
    assert found is not None
    return found.state
