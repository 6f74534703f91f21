"""Bytes of frames when the S3 server, or the wire to it, does what servers and wires do."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from sqlalchemy import select

from store.tables import failures, files
from tests.equipment.archive import JSON, archiving
from tests.equipment.archive_bytes import BYTES_CONSUMERS, Ingester, into_bucket
from tests.equipment.installations import Caller
from tests.services.s3 import S3
from tests.services.waiting import until
from tests.web import Answer, Request, serve

MIB = 1024 * 1024
_OUT = Answer(503, b"<Error><Code>SlowDown</Code><Message>as told</Message></Error>")


@dataclass
class Wire:
    """What stands between the archive and its file store."""

    s3: S3
    bucket: str
    out: Event = field(default_factory=Event)
    """While set, the bucket of the file store does not answer."""
    cut: Event = field(default_factory=Event)
    """While set, bodies end early."""

    def __call__(self, request: Request) -> Answer:
        """Pass a request on, with its own Host, so that its signature holds."""
        if self.out.is_set() and request.path.startswith(f"/{self.bucket}"):
            return _OUT
        passed = {
            name: value
            for name, value in request.headers.items()
            if name not in {"connection", "accept-encoding", "transfer-encoding"}
        }
        url = f"{self.s3.endpoint_url}{request.path}"
        found = urllib3.request(
            request.method, url, body=request.body, headers=passed, retries=False
        )
        kept = {
            name: value
            for name, value in found.headers.items()
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}
        }
        if request.method == "HEAD":
            return Answer(found.status, b"", kept, length=int(found.headers["content-length"]))
        if self.cut.is_set() and request.method == "GET":
            return Answer(found.status, found.data[: len(found.data) // 2], kept, len(found.data))
        return Answer(found.status, found.data, kept)


@pytest.fixture
def wire(s3: S3) -> Wire:
    bucket = s3.fresh_bucket()
    s3.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return Wire(s3, bucket)


@pytest.fixture
def ingester(
    request: pytest.FixtureRequest, s3: S3, wire: Wire, tmp_path: Path
) -> Iterator[Ingester]:
    with serve(wire) as web:
        chosen: dict[str, Any] = {
            "archive_store_url": f"s3://{wire.bucket}",
            "s3_endpoint_url": f"http://{web.host}:{web.port}",
            "s3_access_key": s3.access_key,
            "s3_secret_key": s3.secret_key,
            "s3_region": s3.region,
            "archive_draw_thumbnails": False,
        }
        with archiving(request, tmp_path, consumers=BYTES_CONSUMERS, **chosen) as archive:
            yield Ingester(archive, into_bucket(s3, wire.bucket))


def rows(ingester: Ingester, table: Any) -> list[Any]:  # noqa: ANN401 - any table
    return ingester.archive.running.store.database.query(select(table))


@dataclass(frozen=True)
class Zip:
    """What came of a request for one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    """Whether it has the length that was promised."""


def zip_of(ingester: Ingester, *ids: int) -> Zip:
    netloc = urlsplit(ingester.archive.running.url).netloc
    with closing(http.client.HTTPConnection(netloc, timeout=60)) as connection:
        body = json.dumps({"frame_ids": ids})
        connection.request("POST", "/archive/frames/zip/", body, {"Content-Type": JSON})
        with connection.getresponse() as answer:
            headers = dict(answer.getheaders())
            try:
                return Zip(answer.status, headers, answer.read(), whole=True)
            except http.client.IncompleteRead as error:
                return Zip(answer.status, headers, error.partial, whole=False)


def have_looked_at(ingester: Ingester, *contents: bytes) -> list[dict[str, Any]]:
    """Ingest files, and wait until they are known to be sound."""
    frames = [ingester.ingest(content) for content in contents]
    until(lambda: len(rows(ingester, files)) == len(contents), seconds=60, what="files")
    return frames


def test_posts_are_answered_while_the_file_store_is_away(ingester: Ingester, wire: Wire) -> None:
    wire.out.set()
    for number in range(5):
        ingester.ingest(b"stars %d" % number)
    ready = Caller(ingester.archive.running.url, "").call("GET", "/readyz")
    assert (ready.status, b"file store" in ready.body) == (503, True)
    assert rows(ingester, files) == []
    wire.out.clear()
    until(lambda: len(rows(ingester, files)) == 5, seconds=60, what="all to be looked at")
    # It was waited for: nothing has failed for want of it.
    assert rows(ingester, failures) == []


def test_a_zip_that_cannot_be_begun_is_answered(ingester: Ingester, wire: Wire) -> None:
    (frame,) = have_looked_at(ingester, b"stars" * 1000)
    wire.out.set()
    answer = zip_of(ingester, frame["id"])
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    assert wire.bucket not in answer.body.decode()


def test_a_zip_that_breaks_off_falls_short_of_its_length(ingester: Ingester, wire: Wire) -> None:
    ids = [one["id"] for one in have_looked_at(ingester, bytes(6 * MIB), b"1" * 6 * MIB)]
    sound = zip_of(ingester, *ids)
    assert (sound.status, sound.whole) == (200, True)
    wire.cut.set()
    broken = zip_of(ingester, *ids)
    assert (broken.status, broken.whole) == (200, False)
    assert broken.headers["Content-Length"] == str(len(sound.body))


def test_bytes_that_were_removed_behind_our_back_are_told(ingester: Ingester, wire: Wire) -> None:
    (frame,) = have_looked_at(ingester, b"stars" * 1000)
    client = wire.s3.client
    for one in client.list_object_versions(Bucket=wire.bucket)["Versions"]:
        client.delete_object(Bucket=wire.bucket, Key=one["Key"], VersionId=one["VersionId"])
    answer = zip_of(ingester, frame["id"])
    assert (answer.status, frame["filename"] in answer.body.decode()) == (409, True)
