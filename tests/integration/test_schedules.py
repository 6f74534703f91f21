"""Schedules: made over HTTP, fired once per due time however many processes look."""

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from producers.firing import Firing
from schemas.files import FileArchived
from schemas.probes import ProbeRequested
from store import tables
from store.database import open_database
from store.schedules import CatchUp, Schedule, put
from tests.equipment.ingress import OPERATOR, Ingress, serving
from tests.equipment.installations import Answer
from tests.equipment.making import MakeWorld
from tests.equipment.probing import Script, prober
from tests.equipment.world import World

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOURLY = Schedule(
    name="hourly",
    type=ProbeRequested.TYPE,
    data='{"probe":"p"}',
    due_at=NOON,
    next_at=NOON,
    every_seconds=3600,
    jitter_seconds=0,
    catch_up="one",
    paused=False,
    changed_at=NOON,
    changed_by="user:test",
)
ONCE = replace(HOURLY, name="once", every_seconds=None)
GOOD = {"type": "probe.requested.v1", "data": {"probe": "p"}, "every": "1h"}


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world(prober(Script()))


def write(world: World, *schedules: Schedule) -> None:
    with world.database.transaction() as transaction:
        for schedule in schedules:
            put(transaction, schedule, replace=True)


def fire(world: World, at: datetime, chance: float = 0.0) -> int:
    """Fire what is due at a time."""
    parts = (world.database, world.bus.ledger, world.stamp)
    return Firing(*parts, lambda: at, lambda: chance).fire()


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


# --- firing ---------------------------------------------------------------------------------------


def test_ten_thousand_fire_once_each_with_two_that_fire(make_embedded_world: MakeWorld) -> None:
    world = make_embedded_world(prober(Script()))
    count = 10_000
    with world.database.transaction() as transaction:
        transaction.insert(
            tables.schedules,
            [
                {
                    "name": f"once-{number:05}",
                    "type": ProbeRequested.TYPE,
                    "data": json.dumps({"probe": str(number)}),
                    "due_at": NOON,
                    "next_at": NOON,
                    "jitter_seconds": 0.0,
                    "catch_up": "one",
                    "paused": False,
                    "changed_at": NOON,
                    "changed_by": "user:test",
                }
                for number in range(count)
            ],
        )
    # A database of its own each, as processes have: they share no lock in memory.
    databases = [open_database(make_embedded_world.database_url) for _ in range(2)]
    barrier = Barrier(2)

    def run(index: int) -> int:
        parts = (databases[index], world.bus.ledger, world.stamp)
        firing = Firing(*parts, lambda: hours(1), random.random)
        barrier.wait(30)
        fired = 0
        while world.count(tables.schedules):
            fired += firing.fire()
        return fired

    with ThreadPoolExecutor(2) as threads:
        fired = list(threads.map(run, range(2)))
    for database in databases:
        database.close()
    assert sum(fired) == count
    actors = world.database.query(
        select(tables.events.c.actor, func.count().label("n")).group_by(tables.events.c.actor)
    )
    assert {row["actor"]: row["n"] for row in actors} == {
        f"schedule:once-{number:05}": 1 for number in range(count)
    }
    assert world.count(tables.deliveries) == count


def test_a_firing_leads_to_the_effect(make_world: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_world(consumer)
    now = world.clock()
    write(world, replace(ONCE, due_at=now, next_at=now))
    assert fire(world, world.clock()) == 1
    world.work_off(consumer)
    (event,) = world.rows(tables.events, actor="schedule:once")
    assert [row["event_key"] for row in world.rows(tables.probes)] == [event["key"]]
    assert world.count(tables.schedules) == 0


@pytest.mark.parametrize(
    ("catch_up", "fired"), [("one", [1, 1, 0]), ("all", [4, 1, 0]), ("none", [0, 1, 0])]
)
def test_missed_times_are_caught_up_with_as_said(
    world: World, catch_up: CatchUp, fired: list[int]
) -> None:
    write(world, replace(HOURLY, catch_up=catch_up))
    # 12, 13, 14 and 15 o'clock have passed; 16 is next in any case.
    assert [fire(world, hours(at)) for at in (3.5, 4.0, 4.9)] == fired
    (row,) = world.rows(tables.schedules)
    assert row["due_at"] == hours(5)


@pytest.mark.parametrize("catch_up", ["one", "all", "none"])
def test_what_is_on_time_fires_whatever_the_policy(world: World, catch_up: CatchUp) -> None:
    write(world, replace(HOURLY, catch_up=catch_up))
    assert [fire(world, hours(at)) for at in (-0.1, 0.01, 0.5, 1.01, 2.99)] == [0, 1, 0, 1, 1]


def test_a_clock_that_jumps_fires_nothing_twice(world: World) -> None:
    write(world, HOURLY)
    assert fire(world, hours(0)) == 1
    assert fire(world, hours(-24)) == 0
    assert fire(world, hours(0.9)) == 0
    assert fire(world, hours(240)) == 1
    assert fire(world, hours(1)) == 0
    assert fire(world, hours(241)) == 1


def test_jitter_puts_off_and_does_not_add_up(world: World) -> None:
    write(world, replace(HOURLY, jitter_seconds=1800))
    assert fire(world, hours(0), chance=0.5) == 1
    (row,) = world.rows(tables.schedules)
    assert (row["due_at"], row["next_at"]) == (hours(1), hours(1.25))
    assert fire(world, hours(1.2), chance=0.5) == 0
    assert fire(world, hours(1.3), chance=0.5) == 1
    assert world.rows(tables.schedules)[0]["due_at"] == hours(2)


@pytest.mark.parametrize(
    "wrong", [{"type": "muniment.probe.forgotten.v1"}, {"data": '{"probe":7}'}, {"data": "{"}]
)
def test_what_cannot_be_accepted_any_more_pauses_its_schedule(
    world: World, wrong: dict[str, Any]
) -> None:
    write(world, replace(HOURLY, **wrong), replace(ONCE, **wrong), replace(ONCE, name="good"))
    assert fire(world, hours(1)) == 1
    paused = world.rows(tables.schedules)
    assert [(row["name"], row["paused"], row["changed_by"]) for row in paused] == [
        ("hourly", True, "muniment"),
        ("once", True, "muniment"),
    ]
    assert fire(world, hours(2)) == 0


# --- over HTTP ------------------------------------------------------------------------------------


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    with serving(world) as ingress:
        yield ingress


def send(ingress: Ingress, method: str, path: str, body: object = None, **headers: str) -> Answer:
    said = None if body is None else json.dumps(body).encode()
    kind = None if body is None else "application/json"
    return ingress.operator.call(method, path, said, content_type=kind, **headers)


def test_a_schedule_is_made_changed_paused_and_removed(world: World, ingress: Ingress) -> None:
    made = send(ingress, "PUT", "/schedules/nightly", GOOD)
    assert (made.status, made.headers["location"]) == (201, "/schedules/nightly")
    assert made.json["type"] == ProbeRequested.TYPE
    assert (made.json["every"], made.json["every_seconds"]) == ("1h", 3600)
    assert (made.json["paused"], made.json["changed_by"]) == (False, f"user:{OPERATOR}")
    assert ingress.caller.call("GET", "/schedules/nightly").json == made.json
    assert ingress.caller.call("GET", "/schedules").json["schedules"] == [made.json]

    again = send(ingress, "PUT", "/schedules/nightly", {**GOOD, "catch_up": "none"})
    assert (again.status, again.json["due_at"]) == (200, made.json["due_at"])
    slower = send(ingress, "PUT", "/schedules/nightly", {**GOOD, "every": "2d"})
    assert slower.json["due_at"] > made.json["due_at"]
    only_new = send(ingress, "PUT", "/schedules/nightly", GOOD, if_none_match="*")
    assert only_new.status == 412

    due = datetime.fromisoformat(slower.json["due_at"])
    assert send(ingress, "POST", "/schedules/nightly/pause").json["paused"] is True
    kept = send(ingress, "PUT", "/schedules/nightly", {**GOOD, "every": "2d"})
    assert kept.json["paused"] is True
    assert fire(world, due) == 0
    assert send(ingress, "POST", "/schedules/nightly/resume").json["paused"] is False
    assert fire(world, due) == 1
    fired = ingress.caller.call("GET", "/schedules/nightly").json
    (event,) = world.rows(tables.events, actor="schedule:nightly")
    assert fired["last"] == f"/events/{event['key']}"
    assert ingress.caller.call("GET", f"/operations/{event['key']}").json["state"] == "accepted"

    assert send(ingress, "DELETE", "/schedules/nightly").status == 204
    assert send(ingress, "DELETE", "/schedules/nightly").status == 404
    assert fire(world, due + timedelta(days=9)) == 0


def test_a_time_that_has_passed_is_where_due_times_are_counted_from(
    world: World, ingress: Ingress
) -> None:
    before = world.clock()
    answer = send(ingress, "PUT", "/schedules/x", {**GOOD, "at": "2020-01-01T00:17:00+00:00"})
    due = datetime.fromisoformat(answer.json["due_at"])
    assert before < due <= world.clock() + timedelta(hours=1)
    assert due.minute == 17


def test_schedules_are_paged(ingress: Ingress) -> None:
    for name in ("c", "a", "b"):
        send(ingress, "PUT", f"/schedules/{name}", GOOD)
    first = ingress.caller.call("GET", "/schedules?limit=2").json
    second = ingress.caller.call("GET", first["next"]).json
    found = first["schedules"] + second["schedules"]
    assert [one["name"] for one in found] == ["a", "b", "c"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"type": None}, 422, "type"),
        ({"type": "probe.unheard.v1"}, 422, "type"),
        ({"type": FileArchived.TYPE}, 422, "type"),
        ({"data": {}}, 422, "data.probe"),
        ({"data": []}, 422, "data"),
        ({"data": {"probe": "p", "payload": "x" * 70_000}}, 413, "data"),
        ({"every": "9s"}, 422, "body"),
        ({"every": "soon"}, 422, "every"),
        ({"every": ""}, 422, "every"),
        ({"every": "9999d"}, 422, "every"),
        ({"every": 60}, 422, "every"),
        ({"every": None}, 422, "body"),
        ({"jitter": "31m"}, 422, "body"),
        ({"jitter": "-1s"}, 422, "jitter"),
        ({"catch_up": "some"}, 422, "catch_up"),
        ({"paused": "no"}, 422, "paused"),
        ({"at": "2030-01-01T00:00:00"}, 422, "at"),
        ({"at": "9999-12-31T23:59:59-14:00"}, 422, "at"),
        ({"every": None, "at": "2020-01-01T00:00:00Z"}, 422, "at"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_a_schedule_is_refused(
    world: World, ingress: Ingress, changes: dict[str, Any], status: int, field: str
) -> None:
    body = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    answer = send(ingress, "PUT", "/schedules/x", body)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body
    assert world.count(tables.schedules) == 0


@pytest.mark.parametrize("name", ["X", "-x", "a%20b", "a%2Fb", "x" * 101, "%00"])
def test_a_name_is_refused(ingress: Ingress, name: str) -> None:
    answer = send(ingress, "PUT", f"/schedules/{name}", GOOD)
    assert answer.status in {404, 422}
    assert answer.json["field"] == "name"


def test_only_who_may_administer_changes_schedules(ingress: Ingress) -> None:
    send(ingress, "PUT", "/schedules/x", GOOD)
    body = json.dumps(GOOD).encode()
    for method, path, said in (
        ("PUT", "/schedules/x", body),
        ("DELETE", "/schedules/x", None),
        ("POST", "/schedules/x/pause", None),
        ("POST", "/schedules/x/resume", None),
    ):
        answer = ingress.caller.call(method, path, said, content_type="application/json")
        assert answer.status == 403
    for path in ("/schedules/y", "/schedules/%00"):
        assert ingress.caller.call("GET", path).status == 404
    for verb in ("pause", "resume"):
        assert send(ingress, "POST", f"/schedules/y/{verb}").status == 404
