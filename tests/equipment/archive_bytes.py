"""Clients that put bytes into the file store before they post their frame, as ocs-ingester does."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.equipment.archive import Archive, archiving, frame_body
from tests.services.s3 import S3

BYTES_CONSUMERS = ("ingest-frame", "examine-frame", "discard-frame")
"""What has to be at work for bytes to be looked after."""

PutBytes = Callable[[str, bytes], str]
"""Puts bytes under a path; returns what the file store calls them."""


def md5_of(data: bytes) -> str:
    """Return what clients call bytes."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def path_of(body: dict[str, Any], extension: str) -> str:
    """Return where clients put the bytes of a frame."""
    day = body["observation_day"].replace("-", "")
    kind = "processed" if body["reduction_level"] else "raw"
    if extension in {".jpg", ".jpeg"}:
        kind = "thumbnails"
    place = f"{body['site_id']}/{body['instrument_id']}/{day}/{kind}"
    return f"{place}/{body['basename']}{extension}"


@dataclass(frozen=True)
class Ingester:
    """An archive, and a client that has bytes for it."""

    archive: Archive
    put: PutBytes

    def ingest(self, data: bytes, extension: str = ".fits.fz", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Put the bytes of a frame where they belong, and post it; return what was answered."""
        body = frame_body(**changes)
        key = self.put(path_of(body, extension), data)
        version = {"key": key, "md5": md5_of(data), "extension": extension}
        answer = self.archive.send("POST", "/frames/", {**body, "version_set": [version]})
        assert answer.status == 201, answer
        said = answer.json
        assert isinstance(said, dict)
        return said

    def fetch(self, url: str, method: str = "GET", **headers: str) -> urllib3.BaseHTTPResponse:
        """Follow a URL as any HTTP client does, which knows no token."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return urllib3.request(method, url, headers=named, retries=False, timeout=60)

    def below(self, url: str) -> str:
        """Return the path and query of a URL of the archive, below its prefix."""
        parts = urlsplit(url)
        return f"{parts.path.removeprefix('/archive')}?{parts.query}"


def into_folder(folder: Path) -> PutBytes:
    """Return what puts bytes into a shared folder."""

    def put(path: str, data: bytes) -> str:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        return md5_of(data)

    return put


def into_bucket(s3: S3, bucket: str) -> PutBytes:
    """Return what puts bytes into a bucket that keeps versions."""

    def put(path: str, data: bytes) -> str:
        return s3.client.put_object(Bucket=bucket, Key=path, Body=data)["VersionId"]

    return put


@contextmanager
def ingesting_into_folder(
    request: pytest.FixtureRequest,
    folder: Path,
    **more: Any,  # noqa: ANN401 - settings, and world
) -> Iterator[Ingester]:
    """Run an archive that shares a folder with its clients."""
    files = folder / "files"
    more = {"consumers": BYTES_CONSUMERS, "archive_store_url": f"file:{files}", **more}
    with archiving(request, folder, **more) as archive:
        yield Ingester(archive, into_folder(files))


@contextmanager
def ingesting_into_bucket(
    request: pytest.FixtureRequest,
    folder: Path,
    **more: Any,  # noqa: ANN401 - settings, and world
) -> Iterator[Ingester]:
    """Run an archive that shares a bucket with its clients."""
    s3: S3 = request.getfixturevalue("s3")
    bucket = s3.fresh_bucket()
    s3.client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    more = {
        "consumers": BYTES_CONSUMERS,
        "archive_store_url": f"s3://{bucket}",
        "s3_endpoint_url": s3.endpoint_url,
        "s3_access_key": s3.access_key,
        "s3_secret_key": s3.secret_key,
        "s3_region": s3.region,
        **more,
    }
    with archiving(request, folder, **more) as archive:
        yield Ingester(archive, into_bucket(s3, bucket))
