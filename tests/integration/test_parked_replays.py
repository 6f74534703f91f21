"""Parked events are replayed, over HTTP, with a consumer that fails until mended."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest

from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.ingress import OPERATOR
from tests.equipment.installations import Answer
from tests.equipment.making import MakeWorld
from tests.equipment.parking import Scene, scene_of
from tests.equipment.probing import NAME, QUICKLY, check_once

WHO = f"user:{OPERATOR}"


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
