"""What is said over HTTP about parked events, and is refused."""

import pytest

from schemas.files import FileArchived
from store import tables
from tests.equipment.parking import JSON, Scene


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
