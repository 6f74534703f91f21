"""Objects in S3 keep the promises of `ObjectStore`, and a few of their own."""

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.errors import ObjectsUnavailableError, SetupError
from store.objects_s3 import S3ObjectStore
from store.s3 import s3_client
from tests.contract.objects import PART_SIZE, ObjectStoreContract, get, keys, put
from tests.services.s3 import S3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def client(s3: S3) -> Iterator["S3Client"]:
    client = s3_client(s3.endpoint_url, s3.access_key, s3.secret_key, s3.region)
    yield client
    client.close()


@pytest.fixture(scope="module")
def bucket(s3: S3) -> str:
    return s3.fresh_bucket()


@pytest.fixture
def objects(client: "S3Client", bucket: str, tmp_path: Path) -> S3ObjectStore:
    # A bucket for each test would cost SeaweedFS seven volumes each.
    return S3ObjectStore(client, bucket, f"tests/{tmp_path.name}", PART_SIZE)


class TestS3Objects(ObjectStoreContract):
    """The promises."""


def test_two_stores_may_share_a_bucket(client: "S3Client", s3: S3) -> None:
    bucket = s3.fresh_bucket()
    one, two = S3ObjectStore(client, bucket, "one"), S3ObjectStore(client, bucket, "/two/")
    put(one, "x", b"1")
    put(two, "x", b"2")
    assert get(one, "x") == b"1"
    assert keys(two) == ["x"]
    assert keys(S3ObjectStore(client, bucket)) == ["one/x", "two/x"]


def test_a_missing_bucket_is_made_once(client: "S3Client", s3: S3) -> None:
    # Only asking and making: SeaweedFS makes a bucket at the first write by itself.
    objects = S3ObjectStore(client, f"{s3.fresh_bucket()}-other")
    with pytest.raises(SetupError, match="aws s3 mb"):
        objects.check()
    with pytest.raises(SetupError, match="aws s3 mb"):
        keys(objects)
    objects.ensure_bucket()
    objects.ensure_bucket()
    objects.check()


def test_wrong_keys_say_so(s3: S3, bucket: str) -> None:
    client = s3_client(s3.endpoint_url, s3.access_key, "wrong", s3.region)
    objects = S3ObjectStore(client, bucket)
    for ask in (objects.info, objects.open, objects.delete):
        with pytest.raises(ObjectsUnavailableError, match="are the access key and the secret"):
            ask("x")
    with pytest.raises(ObjectsUnavailableError, match="are the access key and the secret"):
        objects.check()
    client.close()


def test_settings_that_cannot_work_say_so() -> None:
    with pytest.raises(SetupError, match="endpoint"):
        s3_client("no url", "key", "secret")


def test_sweep_takes_uploads_that_nobody_ended(
    objects: S3ObjectStore, client: "S3Client", bucket: str, tmp_path: Path
) -> None:
    left = f"tests/{tmp_path.name}/left"
    client.create_multipart_upload(Bucket=bucket, Key=left)
    client.create_multipart_upload(Bucket=bucket, Key=left)
    client.create_multipart_upload(Bucket=bucket, Key=f"elsewhere/{tmp_path.name}")
    assert objects.sweep(datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert objects.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 2
    assert objects.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 0


def test_an_object_of_several_parts_carries_the_digest_of_its_digests(
    objects: S3ObjectStore, client: "S3Client", bucket: str, tmp_path: Path
) -> None:
    parts = [b"a" * PART_SIZE, b"b" * PART_SIZE, b"c"]
    put(objects, "x", b"".join(parts))
    digest = sha256(b"".join(sha256(part).digest() for part in parts)).digest()
    found = client.head_object(
        Bucket=bucket, Key=f"tests/{tmp_path.name}/x", ChecksumMode="ENABLED"
    )
    assert found["ChecksumSHA256"] == f"{b64encode(digest).decode()}-3"


def test_what_others_store_as_folders_is_no_object(
    objects: S3ObjectStore, client: "S3Client", bucket: str, tmp_path: Path
) -> None:
    client.put_object(Bucket=bucket, Key=f"tests/{tmp_path.name}/folder/")
    assert keys(objects) == []


def test_a_long_list_comes_page_by_page(objects: S3ObjectStore) -> None:
    stored = [f"{number:04}" for number in range(1005)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: put(objects, key, b""), stored))
    assert keys(objects) == stored
