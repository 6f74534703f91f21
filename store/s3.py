"""What every use of S3 shares: the client, the meaning of its errors, and the body of an object."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from store.errors import MunimentError, ObjectNotFoundError, ObjectsUnavailableError, SetupError
from store.streams import whole

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FAILURES = (BotoCoreError, OSError)
"""What a body of botocore raises when its connection breaks."""

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_NO_BUCKET = {"404", "NoSuchBucket", "NotFound"}
_HINTS = {
    403: "; are the access key and the secret right, not expired, and allowed to do this?",
    301: "; is the region right?",
}


def s3_client(
    endpoint_url: str | None,
    access_key: str | None,
    secret_key: str | None,
    region: str = "us-east-1",
    read_timeout: float = 60,
) -> "S3Client":
    """Return a client that threads may share, closed by its `close`; `read_timeout` is in seconds.

    Without keys botocore looks for them where AWS puts them. No proxy is taken from the
    environment. Each call is tried three times, then its error says that the store is down.
    """
    try:
        return Session(access_key, secret_key, region_name=region).client(
            "s3",
            endpoint_url=endpoint_url,
            config=Config(
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=read_timeout,
                retries={"mode": "standard", "total_max_attempts": 3},
                max_pool_connections=32,
                proxies={},
                # Every put sends the SHA-256 of its body; to sign the body would hash it again.
                s3={
                    "addressing_style": "path" if endpoint_url else "auto",
                    "payload_signing_enabled": False,
                },
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise SetupError(f"S3 cannot be used with these settings: {error}") from error


@contextmanager
def reporting(client: "S3Client", bucket: str, key: str = "") -> Iterator[None]:
    """Turn the errors of botocore into ours."""
    try:
        yield
    except ClientError as error:
        raise _meaning(error, client, bucket, key) from error
    except ParamValidationError as error:
        raise SetupError(f"S3 cannot be asked for {bucket}/{key}: {error}") from error
    except FAILURES as error:
        raise unavailable(client, bucket, key, str(error)) from error


def unavailable(client: "S3Client", bucket: str, key: str, reason: str) -> ObjectsUnavailableError:
    """Return the error that says where and why."""
    return ObjectsUnavailableError(f"object store: {_server(client)}/{bucket}/{key}: {reason}")


def status(error: ClientError) -> int:
    """Return the HTTP status of the answer."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def code(error: ClientError) -> str:
    """Return the error code that the server gave."""
    return error.response.get("Error", {}).get("Code", "")


def open_body(
    client: "S3Client", bucket: str, key: str, start: int = 0, length: int | None = None
) -> BinaryIO:
    """Return the object, or `length` bytes of it from `start`, as a stream.

    Raises ObjectNotFoundError, ObjectsUnavailableError, SetupError.
    """
    with reporting(client, bucket, key):
        try:
            if start == 0 and length is None:
                answer = client.get_object(Bucket=bucket, Key=key)
            else:
                # Nothing cannot be asked for: with length 0 one byte comes, and is left unread.
                end = "" if length is None else start + max(length, 1) - 1
                answer = client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end}")
        except ClientError as error:
            if code(error) == "InvalidRange":
                return io.BytesIO()
            raise
    size = answer["ContentLength"] if length is None else min(answer["ContentLength"], length)
    return whole(
        answer["Body"], size, FAILURES, lambda reason: unavailable(client, bucket, key, reason)
    )


def _meaning(error: ClientError, client: "S3Client", bucket: str, key: str) -> MunimentError:
    if code(error) in _ABSENT and key:
        return ObjectNotFoundError(key)
    if code(error) in _NO_BUCKET:
        return SetupError(
            f"there is no bucket {bucket!r} at {_server(client)}; create it "
            f"(aws s3 mb s3://{bucket}) or name another one"
        )
    reason = str(error) + _HINTS.get(status(error), "")
    return unavailable(client, bucket, key, reason)


def _server(client: "S3Client") -> str:
    return client.meta.endpoint_url
