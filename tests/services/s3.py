"""An S3 server for tests: given by the environment, SeaweedFS from its Python package, or compose.

No default port is tried: nothing says that an S3 server found by chance may be written to.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.services import compose, seaweedfs
from tests.services.finding import ServiceMissingError, find

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass
class S3:
    """An S3 server, and the key that may do everything there."""

    endpoint_url: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    _close_server: Callable[[], None] | None = None
    """Ends a server that we started; None when it is somebody else's."""
    _buckets: list[str] = field(default_factory=list)

    @cached_property
    def client(self) -> "S3Client":
        """A boto3 client that gives up soon."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3}),
        )

    @property
    def version(self) -> str:
        """What the server calls itself. Raises ServiceMissingError when it does not answer."""
        try:
            answer = self.client.list_buckets()
        except (BotoCoreError, ClientError) as error:
            raise ServiceMissingError(f"{self.endpoint_url} cannot be used: {error}") from error
        return answer["ResponseMetadata"]["HTTPHeaders"].get("server", "a server without a name")

    def fresh_bucket(self) -> str:
        """Create an empty bucket and return its name; it goes when the session ends."""
        name = f"muniment-test-{secrets.token_hex(6)}"
        self.client.create_bucket(Bucket=name)
        self._buckets.append(name)
        return name

    def close(self) -> None:
        """Remove what was created; with a server of our own, that is the server."""
        if self._close_server:
            self._close_server()
            return
        for bucket in self._buckets:
            self._remove(bucket)

    def _remove(self, bucket: str) -> None:
        for page in self.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            for upload in page.get("Uploads", []):
                self.client.abort_multipart_upload(
                    Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                )
        for listing in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in listing.get("Contents", []):
                self.client.delete_object(Bucket=bucket, Key=each["Key"])
        self.client.delete_bucket(Bucket=bucket)


def find_s3(environ: Mapping[str, str]) -> tuple[S3, str]:
    """Return an S3 server and how it was found. Raises ServiceMissingError."""
    if endpoint := environ.get("MUNIMENT_TEST_S3_ENDPOINT_URL"):
        given = "given by MUNIMENT_TEST_S3_ENDPOINT_URL"
        return find("S3 server", [(given, lambda: _given(endpoint, environ))])
    return find("S3 server", [("started privately", _private), ("docker compose", _composed)])


def _given(endpoint: str, environ: Mapping[str, str]) -> S3:
    try:
        server = S3(
            endpoint,
            environ["MUNIMENT_TEST_S3_ACCESS_KEY"],
            environ["MUNIMENT_TEST_S3_SECRET_KEY"],
            environ.get("MUNIMENT_TEST_S3_REGION", "us-east-1"),
        )
        server.client.list_buckets()
    except KeyError as error:
        raise ServiceMissingError(f"{error.args[0]} must be set with the endpoint") from error
    except (BotoCoreError, ClientError) as error:
        raise ServiceMissingError(f"{endpoint} cannot be used: {error}") from error
    return server


def _private() -> S3:
    started = seaweedfs.start()
    keys = (started.access_key, started.secret_key)
    s3 = S3(started.endpoint_url, *keys, _close_server=started.close)
    started.server.wait_until(lambda: s3.version, seconds=60)
    return s3


def _composed() -> S3:
    running = compose.start("s3")
    endpoint = f"http://127.0.0.1:{running.environment['S3_PORT']}"
    keys = ("muniment", running.environment["S3_SECRET_KEY"])
    s3 = S3(endpoint, *keys, _close_server=running.server.close)
    running.server.wait_until(lambda: s3.version, seconds=compose.PATIENCE_SECONDS)
    return s3
