"""The bytes of a version are looked at, whatever the client says of them; and become a file."""

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image
from sqlalchemy import select

from store.tables import events, files, frame_versions, thumbnails
from tests.equipment.archive import frame_body, in_days, version
from tests.equipment.archive_bytes import (
    Ingester,
    ingesting_into_bucket,
    ingesting_into_folder,
    md5_of,
    path_of,
)
from tests.equipment.installations import Caller
from tests.equipment.module_services import amqp_url, postgresql_url
from tests.services.waiting import until

__all__ = ["amqp_url", "postgresql_url"]

AT_ONCE = {"examine-frame": {"attempts": 2, "base_seconds": 0.01}}
"""How often bytes that are missing are looked for."""


@pytest.fixture(scope="module", params=["folder", "deployed"])
def ingester(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ingester]:
    ingesting = ingesting_into_folder if request.param == "folder" else ingesting_into_bucket
    folder = tmp_path_factory.mktemp("fixity")
    world = "deployed" if request.param == "deployed" else "embedded"
    with ingesting(request, folder, world=world, retry=AT_ONCE) as ingester:
        yield ingester


def rows(ingester: Ingester, table: Any, **like: object) -> list[Any]:  # noqa: ANN401 - any table
    statement = select(table).where(*(table.c[name] == value for name, value in like.items()))
    return ingester.archive.running.store.database.query(statement)


def looked_at(ingester: Ingester, md5: str) -> Any:  # noqa: ANN401 - a row
    """Return the row of a version once it has been looked at."""

    def found() -> Any:  # noqa: ANN401 - a row
        (row,) = rows(ingester, frame_versions, md5=md5)
        return row if row["looked_at"] is not None else None

    return until(found, seconds=60, what="the version to be looked at")


def fact(ingester: Ingester, type_: str, subject: str) -> dict[str, Any]:
    """Return what the one event of a type says of a subject."""
    (row,) = rows(ingester, events, type=type_, subject=subject)
    said = json.loads(row["data"])
    assert isinstance(said, dict)
    return said


def image(value: int) -> bytes:
    """Return a FITS file with an image, different for each value."""
    pixels = np.arange(100 * 80, dtype="int16").reshape(80, 100) + value
    written = BytesIO()
    fits.PrimaryHDU(pixels).writeto(written)
    return written.getvalue()


def test_sound_bytes_become_a_file(ingester: Ingester) -> None:
    data = b"stars" * 100_000
    frame = ingester.ingest(data)
    (file,) = until(lambda: rows(ingester, files, frame=frame["id"]), seconds=60, what="a file")
    row = looked_at(ingester, file["md5"])
    assert (row["fixity"], row["size"]) == ("sound", len(data))
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    assert file["id"] == row["uid"]
    assert file["name"].endswith(f"/raw/{frame['filename']}")
    found = Caller.of(ingester.archive.running).call("GET", f"/files/{row['uid']}/content")
    assert (found.status, found.body) == (200, data)
    assert fact(ingester, "muniment.file.archived.v1", file["name"])["frame"] == frame["id"]


def test_bytes_that_never_came_are_missed(ingester: Ingester) -> None:
    frame = ingester.archive.post()
    row = looked_at(ingester, frame["version_set"][0]["md5"])
    assert row["fixity"] == "missing"
    said = fact(ingester, "muniment.frame.fixity_failed.v1", frame["basename"])
    assert (said["problem"], said["version"]["uid"]) == ("missing", row["uid"])
    assert rows(ingester, files, frame=frame["id"]) == []


def test_other_bytes_under_the_key_are_told(ingester: Ingester) -> None:
    body = frame_body(basename=f"wrong-{version()['key']}")
    key = ingester.put(path_of(body, ".fits.fz"), b"not those that were announced")
    frame = ingester.archive.post(**{**body, "version_set": [version(key=key)]})
    row = looked_at(ingester, frame["version_set"][0]["md5"])
    assert row["fixity"] == "damaged"
    said = fact(ingester, "muniment.frame.fixity_failed.v1", frame["basename"])
    assert (said["problem"], "the MD5" in said["reason"]) == ("damaged", True)
    zipped = ingester.archive.send("POST", "/frames/zip/", {"frame_ids": [frame["id"]]}, None)
    assert (zipped.status, zipped.json["missing"][0]["id"]) == (404, frame["id"])


@pytest.mark.parametrize("extension", [".fits", ".fits.fz"])
def test_a_picture_is_drawn_where_nobody_sends_one(ingester: Ingester, extension: str) -> None:
    frame = ingester.ingest(image(len(extension)), extension, public_date=in_days(10))
    until(
        lambda: len(rows(ingester, thumbnails, frame=frame["id"])) == 2,
        seconds=60,
        what="pictures to be drawn",
    )
    found = ingester.archive.get("/thumbnails/", "ada", frame_basename=frame["basename"]).json
    assert {one["size"] for one in found["results"]} == {"small", "large"}
    for one in found["results"]:
        answer = ingester.fetch(one["url"])
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert max(Image.open(BytesIO(answer.data)).size) <= 200 or one["size"] == "large"
    # The frame is private, and so are its pictures.
    nobody = ingester.archive.get("/thumbnails/", frame_basename=frame["basename"]).json
    assert nobody["results"] == []


def test_a_picture_of_the_newest_version_takes_the_place_of_the_older(ingester: Ingester) -> None:
    frame = ingester.ingest(image(100), ".fits")
    until(lambda: len(rows(ingester, thumbnails, frame=frame["id"])) == 2, seconds=60, what="two")
    before = {one["key"] for one in rows(ingester, thumbnails, frame=frame["id"])}
    newer = np.random.default_rng(1).integers(0, 1000, (80, 100)).astype("int16")
    written = BytesIO()
    fits.PrimaryHDU(newer).writeto(written)
    ingester.ingest(written.getvalue(), ".fits", basename=frame["basename"])
    until(
        lambda: before.isdisjoint(
            one["key"] for one in rows(ingester, thumbnails, frame=frame["id"])
        ),
        seconds=60,
        what="other pictures",
    )
    assert len(rows(ingester, thumbnails, frame=frame["id"])) == 2


def test_files_of_a_private_frame_are_for_those_who_administer(ingester: Ingester) -> None:
    data = b"secret stars"
    frame = ingester.ingest(data, public_date=in_days(10))
    until(lambda: rows(ingester, files, frame=frame["id"]), seconds=60, what="a file")
    row = looked_at(ingester, md5_of(data))
    running = ingester.archive.running
    running.store.accounts.add_user(f"reader-{frame['id']}", None)
    _, token = running.store.accounts.create_token(f"reader-{frame['id']}", "tests")
    readers = [Caller(running.url, token), Caller(running.url, "")]
    for reader in readers:
        known = f"Bearer {reader.token}" if reader.token else None
        for path in (f"/files/{row['uid']}", f"/files/{row['uid']}/content"):
            for method in ("GET", "HEAD"):
                assert reader.call(method, path, authorization=known).status == 404
        for query in (f"md5={row['md5']}", f"sha256={row['sha256']}", "prefix=tst/", "limit=100"):
            for accept in ("application/json", "text/html"):
                listed = reader.call("GET", f"/files?{query}", authorization=known, accept=accept)
                assert (listed.status, row["uid"] in listed.body.decode()) == (200, False)
    operator = Caller.of(running)
    assert operator.call("GET", f"/files/{row['uid']}/content").body == data
    assert row["uid"] in operator.call("GET", f"/files?md5={row['md5']}").body.decode()
