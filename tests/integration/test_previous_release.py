"""A database of the previous release, with rows in every table, goes on where it was."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, insert, select

from consumers import answer_probe
from store import parked, tables
from store.database import Database, open_database
from store.operations import operation
from store.parked import Decision, Filter, Pace
from store.upgrading import differences, upgrade
from tests.equipment.world import World, open_world

PREVIOUS = "0001"
NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
PROBE = "muniment.probe.requested.v1"


def event(key: str) -> dict[str, object]:
    return {
        "key": key,
        "id": key,
        "source": "/before",
        "type": PROBE,
        "subject": "x",
        "time": NOON,
        "recorded_at": NOON,
        "entry": "accepted",
        "actor": "user:before",
        "correlation": key,
        "cause": None,
        "envelope": None,
        "data": json.dumps({"probe": key}),
    }


HANDLED, WAITING, RETRYING, PARKED = (f"0192b1c4-0000-7000-8000-00000000000{n}" for n in range(4))
ROWS: dict[str, list[dict[str, object]]] = {
    "events": [event(key) for key in (HANDLED, WAITING, RETRYING, PARKED)],
    "outbox": [
        {
            "id": number,
            "event_key": RETRYING,
            "exchange": "",
            "routing_key": "answer-probe",
            "attempt": 2,
            "tries": 0,
            "not_before": NOON,
        }
        # A crash could schedule the same delivery twice.
        for number in ("1", "2")
    ],
    "deliveries": [
        {
            "queue": "answer-probe",
            "event_key": WAITING,
            "attempt": 1,
            "taken": 0,
            "not_before": NOON,
            "lease_owner": None,
            "lease_until": None,
        }
    ],
    "inbox": [
        {
            "consumer": "answer-probe",
            "event_key": HANDLED,
            "outcome": "succeeded",
            "outcome_key": None,
            "attempt": 1,
            "started_at": NOON,
            "handled_at": NOON,
        }
    ],
    "failures": [
        {
            "consumer": "answer-probe",
            "event_key": key,
            "attempt": 1,
            "error": "ValueError: before",
            "failed_at": NOON,
            "retry_at": retry_at,
        }
        # Of a try that failed twice, as copies could, the later stays.
        for key, retry_at in ((RETRYING, None), (RETRYING, NOON), (PARKED, None))
    ],
    "parked": [
        {
            "id": "p1",
            "consumer": "answer-probe",
            "event_key": PARKED,
            "message": None,
            "reason": "ValueError: before",
            "traceback": None,
            "attempts": 1,
            "parked_at": NOON,
        }
    ],
    "idempotency": [
        {
            "principal": "user:before",
            "key": "k",
            "fingerprint": "f",
            "operations": "[]",
            "accepted_at": NOON,
        }
    ],
    "uploads": [
        {
            "id": "u",
            "object_key": "staging/u",
            "size": 1,
            "sha256": "0" * 64,
            "md5": "0" * 32,
            "media_type": None,
            "received_at": NOON,
        }
    ],
    "files": [
        {
            "id": "f",
            "name": "a.fits",
            "version": 1,
            "size": 2**40,
            "sha256": "0" * 64,
            "md5": "0" * 32,
            "media_type": "image/fits",
            "metadata": "{}",
            "object_key": "content/f",
            "archived_at": NOON,
            "archived_by": HANDLED,
        }
    ],
    "probes": [{"event_key": HANDLED, "probe": "x", "answered_at": NOON}],
    "users": [
        {
            "name": "before",
            "password_hash": None,
            "superuser": True,
            "disabled": False,
            "created_at": NOON,
        }
    ],
    "tokens": [
        {
            "id": "t",
            "user_name": "before",
            "digest": "d",
            "label": "x",
            "created_at": NOON,
            "revoked_at": None,
        }
    ],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muniment.db'}"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def previous(url: str) -> Iterator[Database]:
    """A database of the previous release, with rows in each of its tables."""
    with closing(open_database(url)) as database:
        upgrade(database, PREVIOUS)
        found = MetaData()
        found.reflect(database.engine)
        assert set(found.tables) - {"alembic_version"} == set(ROWS)
        with database.transaction() as transaction:
            for name, rows in ROWS.items():
                # Today's columns know how to write a time; what is new is left out.
                transaction.execute(insert(tables.metadata.tables[name]), rows)
        yield database


def test_every_row_is_as_it_was(previous: Database) -> None:
    upgrade(previous)
    assert differences(previous) == []
    kept_rows = {**ROWS, **{name: ROWS[name][1:] for name in ("outbox", "failures")}}
    for name, rows in kept_rows.items():
        table = tables.metadata.tables[name]
        kept = [dict(row) for row in previous.query(select(*(table.c[c] for c in rows[0])))]
        assert sorted(map(str, kept)) == sorted(map(str, rows)), name


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
