"""Parked events and decisions about them, over HTTP, with a consumer that fails until mended."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Barrier
from typing import Any
from urllib.parse import quote

import pytest

from consumers.contract import Consumer, Reject
from schemas.envelope import Envelope
from schemas.files import FileArchived
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.parked import Parked, keep, park
from tests.equipment.ingress import OPERATOR, Ingress, serving
from tests.equipment.installations import Answer, Caller
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, QUICKLY, Script, check_once, prober
from tests.equipment.world import World, new_id

WHO = f"user:{OPERATOR}"
JSON = "application/json"


@dataclass
class Telescope:
    """What a handler depends on; broken until it is mended."""

    broken: bool = True
    runs: int = 0

    def look(self, event: ProbeRequested, _run: int) -> None:
        """Refuse anything about the moon, and fail while broken."""
        self.runs += 1
        if event.probe.startswith("moon"):
            raise Reject(f"no such source: {event.probe!r}")
        if self.broken:
            raise TimeoutError("the telescope does not answer")


@dataclass
class Scene:
    """A world in which a few events have been parked."""

    world: World
    ingress: Ingress
    telescope: Telescope
    consumer: Consumer[ProbeRequested]
    sent: list[Envelope] = field(default_factory=list)

    def park(self, *names: str) -> list[str]:
        """Have probes of these names parked; returns the ids of the items."""
        before = self.world.count(tables.parked)
        self.sent += self.world.accept(*(ProbeRequested(probe=name) for name in names))
        with self.world.working(self.consumer):
            self.world.wait_for(tables.parked, before + len(names))
        by_key = {row["event_key"]: row["id"] for row in self.world.rows(tables.parked)}
        return [by_key[one.key] for one in self.sent[-len(names) :]]

    def work_off(self, handled: int) -> None:
        """Let the consumer work until so many events have been handled in all."""
        with self.world.working(self.consumer):
            self.world.wait_for(tables.inbox, handled)
            self.world.wait_until_at_rest()

    def post(self, path: str, body: object = None) -> Answer:
        """Decide, as somebody who may."""
        said = None if body is None else json.dumps(body).encode()
        return self.ingress.operator.call(
            "POST", path, said, content_type=None if body is None else JSON
        )

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON is what it is
        """Return what is answered."""
        answer = self.ingress.caller.call("GET", path)
        assert answer.status == 200, answer.body
        return answer.json

    def listed(self, query: str = "") -> list[str]:
        """Return the ids that are listed."""
        return [one["id"] for one in self.get(f"/parked{query}")["items"]]


@contextmanager
def scene_of(make: MakeWorld, **options: Any) -> Iterator[Scene]:  # noqa: ANN401 - Consumer's
    telescope = Telescope()
    consumer = prober(Script(telescope.look), **options)
    world = make(consumer)
    with serving(world, consumer=NAME) as ingress:
        yield Scene(world, ingress, telescope, consumer)


@pytest.fixture
def everywhere(make_world: MakeWorld) -> Iterator[Scene]:
    """A scene in each world: where delivery matters."""
    with scene_of(make_world) as scene:
        yield scene


@pytest.fixture
def scene(make_embedded_world: MakeWorld) -> Iterator[Scene]:
    with scene_of(make_embedded_world) as scene:
        yield scene


# --- replay ---------------------------------------------------------------------------------------


def test_a_replay_leads_to_the_effect(everywhere: Scene) -> None:
    (item,) = everywhere.park("sky")
    key = everywhere.sent[0].key
    assert everywhere.get(f"/operations/{key}")["state"] == "parked"
    everywhere.telescope.broken = False
    answer = everywhere.post(f"/parked/{item}/replay", {"note": "mended"})
    assert (answer.status, answer.json["ids"]) == (200, [item]), answer.body
    assert everywhere.get(f"/operations/{key}")["state"] == "accepted"
    everywhere.work_off(1)
    check_once(everywhere.world, everywhere.sent)
    assert everywhere.get(f"/operations/{key}")["state"] == "succeeded"
    (row,) = everywhere.world.rows(tables.parked)
    assert (row["ending"], row["ended_by"], row["note"]) == ("replayed", WHO, "mended")
    assert everywhere.listed() == []
    assert everywhere.listed("?state=replayed") == [item]


def test_tries_go_on_counting_and_the_policy_begins_anew(everywhere: Scene) -> None:
    (first,) = everywhere.park("sky")
    assert everywhere.telescope.runs == QUICKLY.attempts == 3
    assert everywhere.post(f"/parked/{first}/replay").status == 200
    with everywhere.world.working(everywhere.consumer):
        everywhere.world.wait_for(tables.parked, 2)
    assert everywhere.telescope.runs == 6
    again = everywhere.world.rows(tables.parked)[-1]
    assert again["attempts"] == 6
    found = everywhere.get(f"/parked/{again['id']}")
    assert [one["attempt"] for one in found["tries"]] == [1, 2, 3, 4, 5, 6]
    assert [one["id"] for one in found["decisions"]] == [first, again["id"]]
    assert [one["ending"] for one in found["decisions"]] == ["replayed", None]
    everywhere.telescope.broken = False
    assert everywhere.post(f"/parked/{again['id']}/replay").status == 200
    everywhere.work_off(1)
    check_once(everywhere.world, everywhere.sent)
    assert everywhere.world.rows(tables.inbox)[0]["attempt"] == 7


def test_many_are_replayed_at_a_rate(everywhere: Scene) -> None:
    items = everywhere.park(*(f"sky {number}" for number in range(6)))
    everywhere.telescope.broken = False
    answer = everywhere.post("/parked/replay", {"filter": {"consumer": NAME}, "rate": 1000}).json
    assert sorted(answer["ids"]) == sorted(items)
    assert answer["takes_seconds"] == pytest.approx(0.005)
    everywhere.work_off(6)
    check_once(everywhere.world, everywhere.sent)


def test_a_rate_spaces_deliveries_over_all_transactions(scene: Scene) -> None:
    scene.park("sky")
    (row,) = scene.world.rows(tables.parked)
    more = 1199
    sent = scene.world.accept(*(ProbeRequested(probe=str(number)) for number in range(more)))
    with scene.world.database.transaction() as transaction:
        transaction.execute(tables.deliveries.delete())
        rows = [
            {**row, "id": f"{row['id']}{number:04}", "event_key": one.key}
            for number, one in enumerate(sent)
        ]
        transaction.insert(tables.parked, rows)
    answer = scene.post("/parked/replay", {"filter": {}, "rate": 100}).json
    assert (answer["count"], len(answer["ids"])) == (1200, 1000)
    assert answer["takes_seconds"] == pytest.approx(11.99)
    due = sorted(one["not_before"] for one in scene.world.rows(tables.deliveries))
    assert len(due) == 1200
    apart = [(later - sooner).total_seconds() for sooner, later in pairwise(due)]
    assert apart == pytest.approx([0.01] * 1199)


def test_replayed_twice_is_delivered_once(everywhere: Scene) -> None:
    (item,) = everywhere.park("sky")
    everywhere.telescope.broken = False
    assert everywhere.post(f"/parked/{item}/replay").status == 200
    again = everywhere.post(f"/parked/{item}/replay")
    assert (again.status, again.json["ending"], again.json["ended_by"]) == (409, "replayed", WHO)
    assert "has replayed it" in again.json["detail"]
    many = everywhere.post("/parked/replay", {"ids": [item, "nothing"]}).json
    assert (many["count"], many["refused_count"]) == (0, 2)
    assert {one["id"] for one in many["refused"]} == {item, "nothing"}
    everywhere.work_off(1)
    check_once(everywhere.world, everywhere.sent)


@pytest.mark.parametrize("path", ["/parked/replay", "/parked/discard"])
def test_a_dry_run_changes_nothing(scene: Scene, path: str) -> None:
    items = scene.park("sky", "moon")
    before = scene.world.rows(tables.parked)
    body: dict[str, Any] = {"filter": {}, "dry_run": True}
    if path.endswith("discard"):
        body["reason"] = "only asking"
    answer = scene.post(path, body).json
    assert answer["dry_run"] is True
    assert answer["ids"] == sorted(items)
    assert answer["kinds"] == [{"consumer": NAME, "type": ProbeRequested.TYPE, "count": 2}]
    assert scene.world.rows(tables.parked) == before
    assert scene.world.count(tables.deliveries) == scene.world.count(tables.outbox) == 0


def test_what_no_consumer_can_be_given_is_refused(scene: Scene) -> None:
    (item,) = scene.park("sky")
    with scene.world.database.transaction() as transaction:
        transaction.execute(tables.parked.update().values(consumer="long-gone"))
    answer = scene.post(f"/parked/{item}/replay")
    assert answer.status == 409
    assert "no consumer long-gone" in answer.json["detail"]


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


# --- several people -------------------------------------------------------------------------------


def test_of_two_who_decide_at_once_one_wins(make_embedded_world: MakeWorld) -> None:
    with scene_of(make_embedded_world) as scene, ThreadPoolExecutor(4) as people:
        items = scene.park(*(f"sky {number}" for number in range(8)))
        scene.telescope.broken = False
        for item in items:
            barrier = Barrier(4)
            requests = [
                (f"/parked/{item}/replay", {"note": "1"}),
                (f"/parked/{item}/discard", {"reason": "2"}),
                (f"/parked/{item}/edit", {"data": {"probe": "3"}, "note": "3"}),
                ("/parked/replay", {"ids": [item], "note": "4"}),
            ]
            answers = list(people.map(lambda asked: _at(barrier, scene, *asked), requests))  # noqa: B023
            assert {one.status for one in answers[:3]} <= {200, 409}
            won = sum(one.status == 200 for one in answers[:3])
            won += answers[3].json["ids"].count(item)
            assert won == 1
            (row,) = scene.world.rows(tables.parked, id=item)
            for one in answers[:3]:
                if one.status == 409:
                    assert one.json["ending"] == row["ending"]
        kept = scene.world.count(tables.parked, ending="discarded")
        scene.work_off(len(items) - kept)
        assert scene.world.count(tables.probes) == len(items) - kept


def _at(barrier: Barrier, scene: Scene, path: str, body: object) -> Answer:
    barrier.wait(30)
    return scene.post(path, body)


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


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("?colour=red", 400, "colour"),
        ("?limit=x", 400, "limit"),
        ("?consumer=a&consumer=b", 400, "consumer"),
        ("?reason=%00", 400, "reason"),
        ("?after=%00", 400, "after"),
        ("?state=lost", 422, "state"),
        ("?since=yesterday", 422, "since"),
        ("?since=2026-01-01T00:00:00", 422, "since"),
        ("?before=0001-01-01T00:00:00%2B14:00", 422, "before"),
    ],
)
def test_a_query_is_refused(scene: Scene, query: str, status: int, field: str) -> None:
    answer = scene.ingress.caller.call("GET", f"/parked{query}")
    assert (answer.status, answer.json["field"]) == (status, field), answer.body


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/parked/replay", {}, 422, "body"),
        ("/parked/replay", [], 422, "body"),
        ("/parked/replay", {"ids": ["x"], "filter": {}}, 422, "body"),
        ("/parked/replay", {"ids": []}, 422, "ids"),
        ("/parked/replay", {"ids": ["x"] * 1001}, 422, "ids"),
        ("/parked/replay", {"ids": ["\x00"]}, 422, "ids.0"),
        ("/parked/replay", {"ids": [7]}, 422, "ids.0"),
        ("/parked/replay", {"filter": {"colour": "red"}}, 422, "filter.colour"),
        ("/parked/replay", {"filter": {"since": "x"}}, 422, "filter.since"),
        ("/parked/replay", {"filter": {}, "rate": 0}, 422, "rate"),
        ("/parked/replay", {"filter": {}, "rate": 1001}, 422, "rate"),
        ("/parked/replay", {"filter": {}, "rate": True}, 422, "rate"),
        ("/parked/replay", {"filter": {}, "dry_run": "yes"}, 422, "dry_run"),
        ("/parked/discard", {"filter": {}}, 422, "reason"),
        ("/parked/discard", {"filter": {}, "reason": "  "}, 422, "reason"),
        ("/parked/discard", {"filter": {}, "reason": "x" * 2001}, 422, "reason"),
        ("/parked/none/discard", {}, 422, "reason"),
        ("/parked/none/replay", None, 404, "id"),
        ("/parked/none/discard", {"reason": "x"}, 404, "id"),
        ("/parked/none/edit", {"data": {}}, 404, "id"),
        ("/parked/%00/replay", None, 404, "id"),
    ],
)
def test_a_decision_is_refused(
    scene: Scene, path: str, body: object, status: int, field: str
) -> None:
    answer = scene.post(path, body)
    assert (answer.status, answer.json["field"]) == (status, field), answer.body


@pytest.mark.parametrize(
    ("body", "content_type", "status", "field"),
    [
        (b"{", JSON, 400, "body"),
        (b'{"filter": NaN}', JSON, 400, "body"),
        (b"\xff", JSON, 400, "body"),
        (b'{"filter": {}}', "text/plain", 415, "Content-Type"),
        (b'{"filter": {}}', None, 415, "Content-Type"),
        (b" " * 600_000, JSON, 413, None),
    ],
)
def test_a_body_is_refused(
    scene: Scene, body: bytes, content_type: str | None, status: int, field: str | None
) -> None:
    answer = scene.ingress.operator.call("POST", "/parked/replay", body, content_type=content_type)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body


def test_the_type_of_an_edited_event_must_be_known(scene: Scene) -> None:
    (item,) = scene.park("moon")
    with scene.world.database.transaction() as transaction:
        transaction.execute(tables.events.update().values(type="muniment.probe.forgotten.v1"))
    answer = scene.post(f"/parked/{item}/edit", {"data": {"probe": "x"}})
    assert answer.status == 409
    assert FileArchived.TYPE in answer.json["detail"]
