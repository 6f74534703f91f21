"""The archive while bytes cannot be reached, or there is no room: told at once, nothing half."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from store import tables
from tests.equipment.archive import JSON, Archive, archiving, frame_body
from tests.equipment.archive_bytes import (
    ingesting_into_bucket,
    ingesting_into_folder,
    md5_of,
    path_of,
)
from tests.equipment.disks import fill
from tests.equipment.installations import Answer
from tests.fault.wire import wire
from tests.services.s3 import S3
from tests.services.waiting import until

MOST_POSTS = 5000
"""More than a database can take without growing."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def check_refused(answer: Answer) -> None:
    assert answer.status == 503, answer
    assert answer.headers["content-type"] == JSON
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json.keys() == {"detail"}


def insist(archive: Archive, body: object) -> Answer:
    """Send a frame until it is not told to be repeated."""

    def ask() -> Answer | None:
        answer = archive.call(
            "POST", "/frames/", json.dumps(body).encode(), "root", content_type=JSON
        )
        return None if answer.status == 503 else answer

    return until(ask, seconds=60, what="an answer")


def posted(data: bytes) -> dict[str, str]:
    """Return a version of these bytes."""
    return {"key": md5_of(data), "md5": md5_of(data), "extension": ".pdf"}


def test_a_shared_folder_that_is_not_mounted_is_waited_for(
    request: pytest.FixtureRequest, tmp_path: Path, stack: ExitStack
) -> None:
    ingester = stack.enter_context(ingesting_into_folder(request, tmp_path, answer_seconds=2))
    archive, folder = ingester.archive, tmp_path / "files"
    body = frame_body(version_set=[posted(b"early")])
    ingester.put(path_of(body, ".pdf"), b"early")
    early = insist(archive, body)
    assert early.status == 201
    folder.rename(tmp_path / "away")
    # The next would take the place of these bytes before anybody had copied them.
    later = frame_body(version_set=[posted(b"later")])
    check_refused(archive.send("POST", "/frames/", later))
    check_refused(archive.send("POST", "/frames/", later))
    assert archive.get("/versions/", "root", md5=md5_of(b"later")).json["count"] == 0
    # What has been copied is there all the same.
    assert ingester.fetch(early.json["url"]).data == b"early"
    (tmp_path / "away").rename(folder)
    assert insist(archive, later).status == 201
    assert len(archive.running.store.database.query(tables.frames.select())) == 2


def test_a_bucket_that_cannot_be_reached_does_not_keep_frames_from_being_stored(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3, stack: ExitStack
) -> None:
    cut: list[bool] = []
    url = stack.enter_context(wire(s3.endpoint_url, lambda data: None if cut else data))
    ingester = stack.enter_context(
        ingesting_into_bucket(request, tmp_path, s3_endpoint_url=url, answer_seconds=30)
    )
    archive = ingester.archive
    cut.append(True)
    said = ingester.ingest(b"stars", ".pdf")
    assert said["url"].startswith(url)
    assert archive.get("/versions/", "root", md5=md5_of(b"stars")).json["count"] == 1
    check_refused(archive.send("POST", "/frames/zip/", {"frame_ids": [said["id"]]}))
    cut.clear()
    database = archive.running.store.database
    until(lambda: database.query(tables.files.select()), seconds=60, what="a look at the bytes")
    (version,) = database.query(tables.frame_versions.select())
    assert (version["fixity"], version["size"]) == ("sound", 5)
    zipped = archive.send("POST", "/frames/zip/", {"frame_ids": [said["id"]]})
    assert (zipped.status, b"stars" in zipped.body) == (200, True)


def test_a_full_disk(request: pytest.FixtureRequest, disk: Path, stack: ExitStack) -> None:
    archive = stack.enter_context(archiving(request, disk, answer_seconds=30))
    early = archive.post()
    filler = fill(disk)
    stack.callback(filler.unlink, missing_ok=True)
    taken, answer = 1, None
    while answer is None or answer.status == 201:
        assert taken < MOST_POSTS, "the disk was never full"
        body = frame_body(headers={"COMMENT": "x" * 50_000})
        answer = archive.send("POST", "/frames/", body)
        taken += answer.status == 201
    check_refused(answer)
    check_refused(archive.send("POST", "/frames/", body))
    check_refused(archive.send("PATCH", f"/frames/{early['id']}/", {"target_name": "x" * 200}))
    assert archive.get(f"/frames/{early['id']}/").status == 200
    assert archive.get("/frames/").json["count"] == taken
    filler.unlink()
    assert insist(archive, body).status in {201, 400}
    assert archive.found("root", basename_exact=body["basename"]) == [body["basename"]]
    assert archive.get("/frames/").json["count"] == taken + 1
