"""A bucket with versions keeps the promises of `FileStore`, and a few of its own."""

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from store.errors import FileStoreUnavailableError, ObjectNotFoundError
from store.file_stores.ports import Place
from store.file_stores.s3 import S3FileStore
from store.s3 import s3_client
from tests.contract.archive.file_stores import PATH, FileStoreContract, Shelf, get
from tests.contract.bus_under_test import Clock
from tests.services.s3 import S3
from tests.web import Answer, serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def client(s3: S3) -> Iterator["S3Client"]:
    client = s3_client(s3.endpoint_url, s3.access_key, s3.secret_key, s3.region)
    yield client
    client.close()


@pytest.fixture(scope="module")
def bucket(s3: S3) -> str:
    name = s3.fresh_bucket()
    s3.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def store(client: "S3Client", bucket: str) -> Iterator[S3FileStore]:
    store = S3FileStore(client, client, bucket, Clock())
    yield store
    for one in list(store.list()):
        store.delete(one.place)


@pytest.fixture
def shelf(store: S3FileStore, client: "S3Client", bucket: str) -> Shelf:
    def put(path: str, data: bytes) -> Place:
        found = client.put_object(Bucket=bucket, Key=path, Body=data)
        return Place(path, found["VersionId"])

    return Shelf(store, put)


class TestS3FileStore(FileStoreContract):
    """The promises."""


def test_each_version_keeps_its_bytes(shelf: Shelf) -> None:
    places = [shelf.put(PATH, data) for data in (b"first", b"second", b"third")]
    assert [get(shelf.store, place) for place in places] == [b"first", b"second", b"third"]
    assert {one.place for one in shelf.store.list()} == set(places)
    assert not shelf.store.overwrites


def test_an_object_that_was_deleted_without_a_version_keeps_its_versions(
    shelf: Shelf, client: "S3Client", bucket: str
) -> None:
    place = shelf.put(PATH, b"stars")
    marker = client.delete_object(Bucket=bucket, Key=PATH)["VersionId"]
    assert get(shelf.store, place) == b"stars"
    assert [one.place for one in shelf.store.list()] == [place]
    with pytest.raises(ObjectNotFoundError):
        shelf.store.open(Place(PATH, marker))
    client.delete_object(Bucket=bucket, Key=PATH, VersionId=marker)


@pytest.mark.parametrize("key", ["never-was", "f" * 32, "ä", "x" * 1024, "a&versionId=b"])
def test_a_version_that_never_was(shelf: Shelf, key: str) -> None:
    shelf.put(PATH, b"stars")
    for ask in (shelf.store.open, shelf.store.info):
        with pytest.raises(ObjectNotFoundError):
            ask(Place(PATH, key))
    shelf.store.delete(Place(PATH, key))


@pytest.mark.parametrize("path", [PATH, "ä b+c%20/ü.fits"])
def test_anybody_may_read_by_url(shelf: Shelf, path: str) -> None:
    old = shelf.put(path, b"old")
    shelf.put(path, b"new")
    url = shelf.store.url(old, "x.fits", 48 * 3600)
    assert url is not None
    answer = urllib3.request("GET", url, retries=False)
    assert (answer.status, answer.data) == (200, b"old")
    query = parse_qs(urlsplit(url).query)
    assert query["versionId"] == [old.key]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    forged = urllib3.request("GET", url.replace(old.key, "0" * len(old.key)), retries=False)
    assert forged.status == http.client.FORBIDDEN


def test_a_url_is_the_same_for_an_hour(client: "S3Client", bucket: str) -> None:
    now = [datetime(2026, 11, 21, 12, 1, tzinfo=UTC)]
    store = S3FileStore(client, client, bucket, lambda: now[0])
    place = Place(PATH, "some-version")
    first = store.url(place, "x", 48 * 3600)
    assert first is not None
    now[0] += timedelta(minutes=58)
    assert store.url(place, "x", 48 * 3600) is first
    now[0] += timedelta(minutes=2)
    assert store.url(place, "x", 48 * 3600) is not first
    # Valid for what was asked for, even at the end of that hour.
    assert parse_qs(urlsplit(first).query)["X-Amz-Expires"] == [str(49 * 3600)]
    longest = store.url(place, "x", 30 * 86_400)
    assert longest is not None
    assert parse_qs(urlsplit(longest).query)["X-Amz-Expires"] == [str(7 * 86_400)]


def test_urls_name_the_bucket_as_the_setting_says(s3: S3) -> None:
    endpoint = "https://s3.example.org"
    hosts = {}
    for addressing in ("path", "virtual"):
        signer = s3_client(endpoint, "key", "secret", s3.region, addressing=addressing)
        store = S3FileStore(signer, signer, "frames", Clock())
        hosts[addressing] = urlsplit(store.url(Place("a", "b"), "a", 60) or "")
        signer.close()
    assert (hosts["path"].netloc, hosts["path"].path) == ("s3.example.org", "/frames/a")
    assert (hosts["virtual"].netloc, hosts["virtual"].path) == ("frames.s3.example.org", "/a")


def test_a_bucket_without_versions_says_what_to_do(client: "S3Client", s3: S3) -> None:
    store = S3FileStore(client, client, s3.fresh_bucket(), Clock())
    with pytest.raises(FileStoreUnavailableError, match="put-bucket-versioning"):
        store.check()


def test_a_missing_bucket_is_waited_for(client: "S3Client") -> None:
    store = S3FileStore(client, client, "muniment-test-is-not-there", Clock())
    with pytest.raises(FileStoreUnavailableError, match="no bucket"):
        store.check()


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (403, "AccessDenied"), (400, "ExpiredToken")]
)
def test_a_server_in_trouble_says_nothing_of_the_file(status: int, code: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>as told</Message></Error>".encode()
    with serve(lambda _: Answer(status, body, {"Content-Type": "application/xml"})) as web:
        client = s3_client(f"http://{web.host}:{web.port}", "key", "secret", read_timeout=0.5)
        store, place = S3FileStore(client, client, "frames", Clock()), Place("a", "b")
        for ask in (store.open, store.info, store.delete):
            with pytest.raises(FileStoreUnavailableError, match=f"{web.port}/frames"):
                ask(place)
        with pytest.raises(FileStoreUnavailableError):
            list(store.list())
        with pytest.raises(FileStoreUnavailableError):
            store.check()
        client.close()


def test_a_stream_that_breaks_off_is_trouble_too() -> None:
    with serve(lambda _: Answer(body=b"stars", length=9)) as web:
        client = s3_client(f"http://{web.host}:{web.port}", "key", "secret", read_timeout=0.5)
        store = S3FileStore(client, client, "frames", Clock())
        with pytest.raises(FileStoreUnavailableError), store.open(Place("a", "b")) as stream:
            stream.read()
        client.close()
