"""Nobody stores what was posted: the client is told so, and sends the same again, harmlessly."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.wiring import system
from schemas.frames import FramePostRequested
from store.tables import events
from tests.equipment.archive import CONSUMERS, Archive, archiving, frame_body
from tests.services.waiting import until


@pytest.fixture(scope="module")
def idle(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive in which nobody works, and whose clients wait for a moment only."""
    folder = tmp_path_factory.mktemp("idle")
    with archiving(request, folder, consumers=(), answer_seconds=0.3) as running:
        yield running


@contextmanager
def consuming(idle: Archive) -> Iterator[None]:
    """Have another process's worth of consumers at work within the block."""
    with system(idle.running.settings, consumers=CONSUMERS):
        yield


def requests(idle: Archive) -> int:
    rows = idle.running.store.database.query(
        events.select().where(events.c.type == FramePostRequested.TYPE)
    )
    return len(rows)


def test_who_sends_the_same_again_learns_what_came_of_it(idle: Archive) -> None:
    body = frame_body()
    waits = idle.send("POST", "/frames/", body)
    assert waits.status == 503
    assert int(waits.headers["retry-after"]) > 0
    assert waits.json.keys() == {"detail"}
    before = requests(idle)
    assert idle.send("POST", "/frames/", body).status == 503
    assert requests(idle) == before
    with consuming(idle):
        until(
            lambda: idle.found("root", basename_exact=body["basename"]) != [],
            seconds=60,
            what="the frame",
        )
        # Once, as the answer that was owed; then it is one that exists.
        assert idle.send("POST", "/frames/", body).status == 201
        until(
            lambda: [*idle.send("POST", "/frames/", body).json] == ["version_set"],
            seconds=60,
            what="the refusal of a version that is there",
        )


def test_another_body_is_another_request(idle: Archive) -> None:
    body = frame_body()
    assert idle.send("POST", "/frames/", body).status == 503
    before = requests(idle)
    assert idle.send("POST", "/frames/", {**body, "target_name": "other"}).status == 503
    assert requests(idle) == before + 1


def test_what_is_gone_again_is_stored_anew(idle: Archive) -> None:
    body = frame_body()
    assert idle.send("POST", "/frames/", body).status == 503
    with consuming(idle):
        until(
            lambda: idle.found("root", basename_exact=body["basename"]) != [],
            seconds=60,
            what="the frame",
        )
        [found] = idle.get("/frames/", "root", basename_exact=body["basename"]).json["results"]
        assert idle.call("DELETE", f"/frames/{found['id']}/", user="root").status == 204
        until(
            lambda: idle.send("POST", "/frames/", body).status == 201,
            seconds=60,
            what="the frame, stored once more",
        )
        assert idle.found("root", basename_exact=body["basename"]) == [body["basename"]]


def test_reading_needs_no_consumer(idle: Archive) -> None:
    for path in ("/", "/frames/", "/versions/", "/thumbnails/", "/frames/aggregate/"):
        assert idle.get(path, "root").status == 200
