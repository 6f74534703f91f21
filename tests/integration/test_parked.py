"""Parked events over HTTP: edited, discarded, looked at."""

import json
from urllib.parse import quote

import pytest

from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.parked import Parked, keep, park
from tests.equipment.ingress import OPERATOR
from tests.equipment.installations import Caller
from tests.equipment.parking import Scene
from tests.equipment.probing import NAME, check_once
from tests.equipment.world import new_id

WHO = f"user:{OPERATOR}"


# --- edit -----------------------------------------------------------------------------------------


def test_an_edit_leads_to_the_effect_of_the_edited_data(everywhere: Scene) -> None:
    (item,) = everywhere.park("moon")
    body = {"data": {"probe": "m51", "unheard_of": 1}, "note": "it was M 51"}
    answer = everywhere.post(f"/parked/{item}/edit", body)
    assert answer.status == 200, answer.body
    new, old = answer.json["id"], everywhere.sent[0].key
    assert answer.json["subject"] == "m51"
    everywhere.telescope.broken = False
    everywhere.work_off(1)
    (handled,) = everywhere.world.rows(tables.inbox)
    assert (handled["event_key"], handled["attempt"]) == (new, 1)
    assert [row["probe"] for row in everywhere.world.rows(tables.probes)] == ["m51"]
    (event,) = everywhere.world.rows(tables.events, key=new)
    assert (event["cause"], event["correlation"]) == (old, old)
    assert (event["subject"], event["actor"]) == ("m51", WHO)
    assert json.loads(event["data"]) == body["data"]
    (row,) = everywhere.world.rows(tables.parked)
    assert (row["ending"], row["ended_by"], row["note"]) == ("edited", WHO, "it was M 51")
    assert row["replaced_by"] == new
    operation = everywhere.get(f"/operations/{old}")
    assert (operation["state"], operation["replaced_by"]) == ("replaced", f"/operations/{new}")
    assert everywhere.get(f"/operations/{new}")["state"] == "succeeded"
    (answered,) = everywhere.world.rows(tables.events, type=ProbeAnswered.TYPE)
    assert answered["cause"] == new


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "data"),
        ({"data": []}, 422, "data"),
        ({"data": {}}, 422, "data.probe"),
        ({"data": {"probe": 7}}, 422, "data.probe"),
        ({"data": {"probe": "a\x00"}}, 422, "data.probe"),
        ({"data": {"probe": "x"}, "note": ""}, 422, "note"),
        ({"data": {"probe": "x"}, "note": "a\x00b"}, 422, "note"),
        ({"data": {"probe": "x"}, "who": "me"}, 422, "who"),
        ({"data": {"probe": "x", "payload": "x" * 70_000}}, 413, "data"),
    ],
)
def test_data_that_does_not_fit_is_refused(
    scene: Scene, body: object, status: int, field: str
) -> None:
    (item,) = scene.park("moon")
    answer = scene.post(f"/parked/{item}/edit", body)
    assert (answer.status, answer.json["field"]) == (status, field), answer.body
    assert scene.listed() == [item]
    assert scene.world.count(tables.events) == 1


# --- discard --------------------------------------------------------------------------------------


def test_what_is_discarded_stays_to_be_seen(scene: Scene) -> None:
    items = scene.park("moon 1", "moon 2", "sky")
    key = scene.sent[0].key
    answer = scene.post(f"/parked/{items[0]}/discard", {"reason": "a test"})
    assert answer.status == 200, answer.body
    assert scene.get(f"/operations/{key}")["state"] == "discarded"
    assert scene.get(f"/operations/{key}")["error"] == "a test"
    many = scene.post(
        "/parked/discard", {"filter": {"reason": "NO SUCH SOURCE"}, "reason": "tests, too"}
    )
    assert many.json["ids"] == [items[1]]
    assert scene.listed() == [items[2]]
    assert scene.listed("?state=discarded") == items[:2]
    assert scene.post(f"/parked/{items[0]}/replay").status == 409
    scene.telescope.broken = False
    assert scene.post("/parked/replay", {"filter": {}}).json["ids"] == [items[2]]
    scene.work_off(1)
    check_once(scene.world, [scene.sent[2]])


# --- looking --------------------------------------------------------------------------------------


def test_failures_that_look_alike_are_grouped(scene: Scene) -> None:
    scene.park("moon 1", "moon 22", "sky", "moon 333")
    moon, sky = scene.get("/parked/groups")["groups"]
    assert (moon["count"], sky["count"]) == (3, 1)
    assert (moon["consumer"], moon["type"], moon["kind"]) == (
        NAME,
        ProbeRequested.TYPE,
        "permanent",
    )
    assert sky["reason"] == "TimeoutError: the telescope does not answer"
    assert len(scene.get(moon["items"])["items"]) == 3
    scene.post("/parked/replay", {"filter": {"fingerprint": moon["fingerprint"]}})
    assert [one["count"] for one in scene.get("/parked/groups")["groups"]] == [1]


def test_items_are_filtered_and_paged(scene: Scene) -> None:
    items = scene.park("moon 1", "sky 1", "sky 2")
    moments = [scene.get(f"/parked/{item}")["parked_at"] for item in items]
    by_time = sorted(items)
    assert scene.listed(f"?consumer={NAME}") == by_time
    assert scene.listed("?consumer=other") == []
    assert scene.listed(f"?type={ProbeRequested.TYPE}") == by_time
    assert scene.listed("?type=probe.requested.v1") == by_time
    assert scene.listed("?type=file.archived.v1") == []
    assert scene.listed("?reason=moon") == [items[0]]
    assert scene.listed("?reason=%25") == []
    last = quote(max(moments))
    assert len(scene.listed(f"?since={last}")) == 1
    assert len(scene.listed(f"?before={last}")) == 2
    first = scene.get("/parked?limit=2")
    second = scene.get(first["next"])
    assert [one["id"] for one in first["items"] + second["items"]] == by_time
    assert second["next"] is None


def test_an_item_shows_what_it_says_and_where_it_failed(scene: Scene) -> None:
    (item,) = scene.park("moon")
    found = scene.get(f"/parked/{item}")
    assert found["data"] == {"probe": "moon"}
    assert found["subject"] == "moon"
    assert "in look" in found["traceback"]
    assert [(one["attempt"], one["retry_at"]) for one in found["tries"]] == [(1, None)]
    assert scene.get(found["why"])["steps"][0]["parked"][0]["id"] == item
    assert scene.get(found["event"])["key"] == scene.sent[0].key


def test_what_is_no_event_is_shown_and_not_replayed(scene: Scene) -> None:
    kept = keep({"app_id": "old tool"}, b'\xff{"half an event')
    facts = (NAME, None, kept, "no CloudEvent: no type", None, 1, scene.world.clock())
    with scene.world.database.transaction() as transaction:
        park(transaction, Parked(new_id(), *facts, kind="permanent"))
    (item,) = scene.listed()
    found = scene.get(f"/parked/{item}")
    assert (found["type"], found["data"], found["message"]["body"]) == (None, None, None)
    assert found["message"]["properties"] == {"app_id": "'old tool'"}
    for path, said in (("replay", None), ("edit", {"data": {"probe": "x"}})):
        answer = scene.post(f"/parked/{item}/{path}", said)
        assert answer.status == 409
        assert "post what it should have been, then discard" in answer.json["detail"]
    many = scene.post("/parked/replay", {"filter": {}}).json
    assert (many["count"], many["refused_count"]) == (0, 1)
    assert scene.post(f"/parked/{item}/discard", {"reason": "sent properly"}).status == 200


def test_who_may_not_administer_may_look_and_not_decide(scene: Scene) -> None:
    (item,) = scene.park("sky")
    reader = scene.ingress.caller
    nobody = Caller(scene.ingress.url, "mnt_wrong")
    assert reader.call("GET", f"/parked/{item}").status == 200
    assert nobody.call("GET", f"/parked/{item}").status == 401
    assert reader.call("GET", "/parked", authorization=None).status == 401
    for caller, status in ((reader, 403), (nobody, 401)):
        assert caller.call("POST", f"/parked/{item}/replay").status == status
    assert scene.listed() == [item]
