"""Requests that only an adapter makes, since it checks who asks: by no other way they come in."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from producers.firing import Firing
from schemas.envelope import BATCH
from schemas.probes import ProbeRequested
from schemas.records import RecordDeletionRequested, RecordPutRequested
from store import tables
from store.schedules import Schedule, put
from tests.equipment.ingress import Ingress, serving
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, prober
from tests.equipment.world import World

DELETION = {"project": "reef", "user": "ada", "label": "run-1"}
PUT = {**DELETION, "fields": ["label"], "size": 1, "sha256": "0" * 64}
ASKED = [(RecordPutRequested.TYPE, PUT), (RecordDeletionRequested.TYPE, DELETION)]


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    return make_embedded_world(prober(Script()))


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    with serving(world, consumer=NAME) as ingress:
        yield ingress


@pytest.mark.parametrize(("name", "data"), ASKED)
def test_it_is_not_taken_from_a_client(
    world: World, ingress: Ingress, name: str, data: dict[str, Any]
) -> None:
    answer = ingress.operator.post("1", name, **data)
    assert (answer.status, answer.json["field"]) == (422, "type")
    assert f"'{name}' cannot be posted" in answer.json["detail"]
    event = {"specversion": "1.0", "id": "1", "source": "/t", "type": name, "data": data}
    probe = {**event, "id": "2", "type": ProbeRequested.TYPE, "data": {"probe": "p"}}
    batch = json.dumps([probe, event]).encode()
    answer = ingress.operator.call("POST", "/events", batch, content_type=BATCH)
    assert [(one["index"], one["field"]) for one in answer.json["errors"]] == [(1, "type")]
    schedule = json.dumps({"type": name, "data": data, "every": "1h"}).encode()
    answer = ingress.operator.call("PUT", "/schedules/x", schedule, content_type="application/json")
    assert (answer.status, answer.json["field"]) == (422, "type")
    assert world.count(tables.events) == world.count(tables.schedules) == 0


@pytest.mark.parametrize(("name", "data"), ASKED)
def test_it_is_not_fired(world: World, name: str, data: dict[str, Any]) -> None:
    now = world.clock()
    bad = Schedule("bad", name, json.dumps(data), now, now, 3600, 0, "one", False, now, "user:t")  # noqa: FBT003 - as the row has it
    good = replace(bad, name="good", type=ProbeRequested.TYPE, data='{"probe":"p"}')
    with world.database.transaction() as transaction:
        for schedule in (bad, good):
            put(transaction, schedule, replace=True)
    firing = Firing(world.database, world.bus.ledger, world.stamp, lambda: now, lambda: 0.0)
    assert firing.fire() == 1
    assert [row["type"] for row in world.rows(tables.events)] == [ProbeRequested.TYPE]
    paused = {row["name"]: row["paused"] for row in world.rows(tables.schedules)}
    assert paused == {"bad": True, "good": False}


def test_the_documents_say_so(ingress: Ingress) -> None:
    types = ingress.caller.call("GET", "/schemas/").json["types"]
    postable = {one["type"] for one in types if one["postable"]}
    channels = ingress.caller.call("GET", "/asyncapi.json").json["channels"]
    for name, _ in ASKED:
        assert name not in postable
        assert "nobody else may" in channels[name]["description"]
    assert ProbeRequested.TYPE in postable
