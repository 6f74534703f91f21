"""What every use of S3 shares: the client, the meaning of its errors, and the body of an object."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Literal

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from store.errors import (
    MunimentError,
    ObjectNotFoundError,
    ObjectsUnavailableError,
    SetupError,
    UnavailableError,
)
from store.streams import whole

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

Down = Callable[[str], UnavailableError]
"""Returns the error that says of what uses S3 that it is down: where, and why."""
Addressing = Literal["auto", "path", "virtual"]
"""Whether a bucket is named in the path of a URL, or before the host."""

FAILURES = (BotoCoreError, OSError)
"""What a body of botocore raises when its connection breaks."""

_ABSENT = {"404", "NoSuchKey", "NoSuchVersion", "NotFound"}
_NO_BUCKET = {"404", "NoSuchBucket", "NotFound"}
_HINTS = {
    403: "; are the access key and the secret right, not expired, and allowed to do this?",
    301: "; is the region right?",
}


def objects_down(text: str) -> UnavailableError:
    """Return the error for the object store, which is what S3 is used for if nothing else is said.

    It is a `Down`.
    """
    return ObjectsUnavailableError(f"object store: {text}")


def s3_client(  # noqa: PLR0913 - what a server of S3 is reached with
    endpoint_url: str | None,
    access_key: str | None,
    secret_key: str | None,
    region: str = "us-east-1",
    read_timeout: float = 60,
    *,
    addressing: Addressing | None = None,
) -> "S3Client":
    """Return a client that threads may share, closed by its `close`; `read_timeout` is in seconds.

    `addressing`, None: by path where there is an `endpoint_url`, or else as botocore thinks best.

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
                    "addressing_style": addressing or ("path" if endpoint_url else "auto"),
                    "payload_signing_enabled": False,
                },
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise SetupError(f"S3 cannot be used with these settings: {error}") from error


@contextmanager
def reporting(
    client: "S3Client", bucket: str, key: str = "", down: Down = objects_down
) -> Iterator[None]:
    """Turn the errors of botocore into ours."""
    try:
        yield
    except ClientError as error:
        raise _meaning(error, client, bucket, key, down) from error
    except ParamValidationError as error:
        raise SetupError(f"S3 cannot be asked for {bucket}/{key}: {error}") from error
    except FAILURES as error:
        raise unavailable(client, bucket, key, str(error), down) from error


def unavailable(
    client: "S3Client", bucket: str, key: str, reason: str, down: Down = objects_down
) -> UnavailableError:
    """Return the error that says where and why."""
    return down(f"{_server(client)}/{bucket}/{key}: {reason}")


def status(error: ClientError) -> int:
    """Return the HTTP status of the answer."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def code(error: ClientError) -> str:
    """Return the error code that the server gave."""
    return error.response.get("Error", {}).get("Code", "")


def open_body(  # noqa: PLR0913 - what a part of an object is named by
    client: "S3Client",
    bucket: str,
    key: str,
    start: int = 0,
    length: int | None = None,
    *,
    version: str | None = None,
    down: Down = objects_down,
) -> BinaryIO:
    """Return the object, or `length` bytes of it from `start`, as a stream.

    `version`: of this VersionId, None: the newest. Raises ObjectNotFoundError, SetupError, and
    what `down` says.
    """
    asked: GetObjectRequestTypeDef = {"Bucket": bucket, "Key": key}
    if version is not None:
        asked["VersionId"] = version
    if start or length is not None:
        # Nothing cannot be asked for: with length 0 one byte comes, and is left unread.
        end = "" if length is None else start + max(length, 1) - 1
        asked["Range"] = f"bytes={start}-{end}"
    with reporting(client, bucket, key, down):
        try:
            answer = client.get_object(**asked)
        except ClientError as error:
            if code(error) == "InvalidRange":
                return io.BytesIO()
            raise
    size = answer["ContentLength"] if length is None else min(answer["ContentLength"], length)
    return whole(
        answer["Body"],
        size,
        FAILURES,
        lambda reason: unavailable(client, bucket, key, reason, down),
    )


def _meaning(
    error: ClientError, client: "S3Client", bucket: str, key: str, down: Down
) -> MunimentError:
    if code(error) in _ABSENT and key:
        return ObjectNotFoundError(key)
    if code(error) in _NO_BUCKET:
        return SetupError(
            f"there is no bucket {bucket!r} at {_server(client)}; create it "
            f"(aws s3 mb s3://{bucket}) or name another one"
        )
    reason = str(error) + _HINTS.get(status(error), "")
    return unavailable(client, bucket, key, reason, down)


def _server(client: "S3Client") -> str:
    return client.meta.endpoint_url
