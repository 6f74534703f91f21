"""Objects in listed buckets of a real server can be ingested, and no others."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from store.errors import SourceNotFoundError, SourceRefusedError, UnavailableError
from store.s3 import s3_client
from store.sources import GuardedSources
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
def sources(client: "S3Client", bucket: str) -> GuardedSources:
    return GuardedSources([], [bucket, "gone"], client, [])


@pytest.mark.parametrize("key", ["a.fits", "night 1/ä+b%20.fits", "q?x#y"])
def test_an_object_of_a_listed_bucket(
    client: "S3Client", bucket: str, sources: GuardedSources, key: str
) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=b"stars")
    with sources.open(f"s3://{bucket}/{key}") as stream:
        assert stream.read() == b"stars"


def test_nothing_there(bucket: str, sources: GuardedSources) -> None:
    with pytest.raises(SourceNotFoundError):
        sources.open(f"s3://{bucket}/nothing")
    with pytest.raises(SourceNotFoundError):
        sources.open("s3://gone/a")


def test_a_bucket_that_is_not_listed(s3: S3, client: "S3Client", sources: GuardedSources) -> None:
    other = s3.fresh_bucket()
    client.put_object(Bucket=other, Key="a", Body=b"secret")
    for source in (f"s3://{other}/a", f"s3://{other}", "s3:///a", "s3://gone/", "S3://x/y"):
        with pytest.raises(SourceRefusedError, match="listed bucket; allowed are s3://"):
            sources.open(source)


@pytest.mark.parametrize("key", ["../other/a", "a/../../b", "./a", "a\0b"])
def test_a_key_that_the_server_refuses_is_refused(
    bucket: str, sources: GuardedSources, key: str
) -> None:
    with pytest.raises((SourceRefusedError, SourceNotFoundError)):
        sources.open(f"s3://{bucket}/{key}")


def test_wrong_credentials_are_our_trouble_and_nobody_is_refused(s3: S3, bucket: str) -> None:
    client = s3_client(s3.endpoint_url, s3.access_key, "wrong", s3.region)
    with pytest.raises(UnavailableError, match="are the access key and the secret right"):
        GuardedSources([], [bucket], client, []).open(f"s3://{bucket}/a")
    client.close()
