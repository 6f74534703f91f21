"""The archive while its database is down: told at once, in JSON, with when to come again."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.equipment.archive import JSON, Archive, archiving, frame_body
from tests.equipment.installations import Answer
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until

READ = ("/frames/", "/frames/1/", "/frames/1/headers/", "/frames/aggregate/", "/thumbnails/")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def check_refused(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.headers["content-type"] == JSON
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json.keys() == {"detail"}


def test_nothing_is_answered_but_that_it_is_down(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    private_postgresql: PrivatePostgreSQL,
    stack: ExitStack,
) -> None:
    url = stack.enter_context(private_postgresql.fresh_database())
    archive = stack.enter_context(archiving(request, tmp_path, database_url=url, answer_seconds=30))
    early = archive.post()
    later = frame_body()
    private_postgresql.kill()
    # A server process that has outlived its parent may still answer for a moment.
    until(lambda: archive.get("/frames/").status == 503, seconds=60, what="a 503")
    for path in READ:
        check_refused(archive.get(path))
        check_refused(archive.get(path, "root"))
    check_refused(archive.get("/versions/?md5=x", "root"))
    check_refused(archive.send("POST", "/frames/", later))
    check_refused(archive.send("PATCH", "/frames/1/", {"target_name": "x"}))
    check_refused(archive.call("DELETE", f"/frames/{early['id']}/", user="root"))
    for path in ("/", "/health/", "/robots.txt", "/openapi/"):
        assert archive.get(path).status == 200
    wrong = archive.send("POST", "/frames/", {})
    assert wrong.status in {400, 503}
    private_postgresql.start()
    until(lambda: archive.get("/frames/").status == 200, seconds=60, what="a 200")
    until(lambda: insisted(archive, later), seconds=60, what="the frame")
    assert archive.found("root", basename_exact=later["basename"]) == [later["basename"]]
    assert archive.found(None, basename_exact=early["basename"]) == [early["basename"]]


def insisted(archive: Archive, body: object) -> bool:
    """Send a frame once more; tell whether it is there now."""
    answer = archive.call("POST", "/frames/", json.dumps(body).encode(), "root", content_type=JSON)
    assert answer.status in {201, 400, 503}
    return answer.status != 503
