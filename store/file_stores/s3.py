"""Clients put files of frames into a bucket of S3 that keeps all versions of an object.

The path is the object's key, and `Place.key` its VersionId: what was put there stays to be had,
whatever is put there later.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Literal

from botocore.exceptions import ClientError

from store.errors import (
    FileStoreUnavailableError,
    ObjectNotFoundError,
    SetupError,
    UnavailableError,
)
from store.file_stores.ports import Place, StoredFile
from store.object_keys import check_range
from store.s3 import code, open_body, reporting, status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PERIOD = 3600
"""Seconds: a URL is signed anew when another period begins."""
_LONGEST = 7 * 86_400
"""Seconds for which AWS signs a URL."""
_MOST_URLS = 20_000
"""That are remembered: about 10 MB."""
_NO_VERSION = {"InvalidArgument", "MethodNotAllowed"}
"""What a server says of a VersionId that never was one, and of one that says "deleted"."""


class S3FileStore:
    """A `FileStore` in a bucket.

    `list` yields in the server's order, which is that of paths on AWS; SeaweedFS orders folder by
    folder (`a/b` before `a.b`). A URL works as long as the keys that it was signed with.
    """

    kind: Literal["s3"] = "s3"
    overwrites = False

    def __init__(
        self,
        client: "S3Client",
        signer: "S3Client",
        bucket: str,
        clock: Callable[[], datetime],
    ) -> None:
        """`signer` makes URLs: it says how the bucket is addressed by who is given one."""
        self._client = client
        self._signer = signer
        self._bucket = bucket
        self._clock = clock
        # A list has a hundred URLs, and to sign one takes a third of a millisecond.
        self._signed = lru_cache(_MOST_URLS)(self._sign)
        self._versioned = False

    def open(self, place: Place, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `FileStore`."""
        check_range(start, length)
        with self._reporting(place.path):
            return open_body(
                self._client,
                self._bucket,
                place.path,
                start,
                length,
                version=place.key,
                down=_down,
            )

    def info(self, place: Place) -> StoredFile:
        """See `FileStore`."""
        with self._reporting(place.path):
            try:
                found = self._client.head_object(
                    Bucket=self._bucket, Key=place.path, VersionId=place.key
                )
            except ClientError as error:
                if status(error) == HTTPStatus.BAD_REQUEST:
                    # A HEAD is not told what was bad: a key that has expired, or the VersionId.
                    self.open(place, length=0).close()
                raise
        modified = found["LastModified"].astimezone(UTC)
        return StoredFile(place, found["ContentLength"], modified)

    def url(self, place: Place, filename: str, seconds: int) -> str | None:
        """See `FileStore`; the name is what the client gave with the bytes. At most seven days."""
        del filename
        return self._signed(place, seconds, int(self._clock().timestamp()) // _PERIOD)

    def delete(self, place: Place) -> None:
        """See `FileStore`: this version, and no other."""
        with suppress(ObjectNotFoundError), self._reporting(place.path):
            self._client.delete_object(Bucket=self._bucket, Key=place.path, VersionId=place.key)

    def list(self) -> Iterator[StoredFile]:
        """See `FileStore`: every version of every object."""
        pages = self._client.get_paginator("list_object_versions")
        with self._reporting():
            for page in pages.paginate(Bucket=self._bucket):
                for found in page.get("Versions", []):
                    if not found["Key"].endswith("/"):  # some tools put empty objects as folders
                        place = Place(found["Key"], found["VersionId"])
                        modified = found["LastModified"].astimezone(UTC)
                        yield StoredFile(place, found["Size"], modified)

    def check(self) -> None:
        """See `FileStore`; it is of no use either when the bucket keeps no versions."""
        with self._reporting():
            self._client.head_bucket(Bucket=self._bucket)
            self._versioned = self._versioned or self._keeps_versions()
        if not self._versioned:
            raise _down(
                f"the bucket {self._bucket!r} keeps no versions, and ingesters need them: "
                f"aws s3api put-bucket-versioning --bucket {self._bucket} "
                "--versioning-configuration Status=Enabled"
            )

    def _keeps_versions(self) -> bool:
        try:
            return "Status" in self._client.get_bucket_versioning(Bucket=self._bucket)
        except ClientError as error:
            if status(error) == HTTPStatus.FORBIDDEN:  # to read it is enough that we may read
                return True
            raise

    def _sign(self, place: Place, seconds: int, period: int) -> str:
        del period  # another one is what has it signed anew
        return self._signer.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": place.path, "VersionId": place.key},
            ExpiresIn=min(seconds + _PERIOD, _LONGEST),
        )

    @contextmanager
    def _reporting(self, path: str = "") -> Iterator[None]:
        """Turn errors of botocore into ours."""
        try:
            with reporting(self._client, self._bucket, path, _down):
                yield
        except FileStoreUnavailableError as error:
            cause = error.__cause__
            if path and isinstance(cause, ClientError) and code(cause) in _NO_VERSION:
                raise ObjectNotFoundError(path) from error
            raise
        except SetupError as error:
            # There is no such bucket: whoever asks waits until there is.
            raise _down(str(error)) from error


def _down(text: str) -> UnavailableError:
    return FileStoreUnavailableError(f"file store: {text}")
