"""Put-if-absent on S3: in one request while the object fits a part, in parts when it grows."""

import hashlib
import io
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from store.errors import MunimentError, ObjectNotFoundError
from store.s3 import code, reporting, status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_PARTS_PER_SIZE = 1000
_RACED = {"ConditionalRequestConflict", "OperationAborted", "NoSuchUpload"}
"""Another writer was at it, or the answer to our own request got lost: the key tells."""


class Condition(TypedDict, total=False):
    """What is sent along with a put."""

    IfNoneMatch: str


class PutIfAbsent:
    """Runs a request that puts a whole object, unless its key is taken.

    By `If-None-Match: *`; by looking first on a server that does not know it, which is found out
    once. There two writers at the same instant both put, and the last one stays.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._conditional = True

    def __call__(self, key: str, put: Callable[[Condition], object]) -> bool:
        """Call `put` with the condition that works here; return whether its object is there."""
        if self._conditional:
            try:
                put({"IfNoneMatch": "*"})
            except ClientError as error:
                if self._is_taken(key, error):
                    return False
                if not _lacks_condition(error):
                    raise
                self._conditional = False
            else:
                return True
        if self.exists(key):
            return False
        put({})
        return True

    def exists(self, key: str) -> bool:
        """Whether an object has this key."""
        with suppress(ObjectNotFoundError), reporting(self._client, self._bucket, key):
            self._client.head_object(Bucket=self._bucket, Key=key)
            return True
        return False

    def _is_taken(self, key: str, error: ClientError) -> bool:
        return status(error) == HTTPStatus.PRECONDITION_FAILED or (
            code(error) in _RACED and self.exists(key)
        )


def _lacks_condition(error: ClientError) -> bool:
    return (
        status(error) == HTTPStatus.NOT_IMPLEMENTED
        or code(error) == "NotImplemented"
        or "if-none-match" in str(error).lower()
    )


class Upload:
    """The sink of one object. Holds one part in memory; every part travels with its SHA-256.

    S3 takes 10,000 parts: each thousand is one `part_size` larger than the one before, which is
    enough for 55,000 of them.
    """

    def __init__(
        self, client: "S3Client", bucket: str, key: str, part_size: int, once: PutIfAbsent
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._part_size = part_size
        self._once = once
        self._buffer = io.BytesIO()
        self._upload_id = ""
        self._parts: list[CompletedPartTypeDef] = []

    def write(self, data: bytes, /) -> int:
        """See `Sink`. A part leaves when there is more than it can hold."""
        view = memoryview(data)
        while view:
            room = self._room()
            if not room:
                self._send_part()
                continue
            self._buffer.write(view[:room])
            view = view[room:]
        return len(data)

    def finish(self) -> None:
        """Make the object appear, unless its key is taken."""
        put = self._put
        if self._upload_id:
            self._send_part()
            put = self._complete
        with reporting(self._client, self._bucket, self._key):
            if not self._once(self._key, put):
                self.abort()

    def abort(self) -> None:
        """Drop what was sent; what cannot be dropped now is left to the sweep."""
        if not self._upload_id:
            return
        with suppress(MunimentError), reporting(self._client, self._bucket, self._key):
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=self._upload_id
            )

    def _room(self) -> int:
        return self._part_size * (1 + len(self._parts) // _PARTS_PER_SIZE) - self._buffer.tell()

    def _send_part(self) -> None:
        number = len(self._parts) + 1
        body = self._buffer.getvalue()
        digest = _sha256(body)
        with reporting(self._client, self._bucket, self._key):
            if not self._upload_id:
                begun = self._client.create_multipart_upload(
                    Bucket=self._bucket, Key=self._key, ChecksumAlgorithm="SHA256"
                )
                self._upload_id = begun["UploadId"]
            sent = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=body,
                ChecksumSHA256=digest,
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": digest})
        self._buffer = io.BytesIO()

    def _put(self, condition: Condition) -> object:
        body = self._buffer.getvalue()
        return self._client.put_object(
            Bucket=self._bucket,
            Key=self._key,
            Body=body,
            ChecksumSHA256=_sha256(body),
            **condition,
        )

    def _complete(self, condition: Condition) -> object:
        return self._client.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload_id,
            MultipartUpload={"Parts": self._parts},
            **condition,
        )


def _sha256(data: bytes) -> str:
    return b64encode(hashlib.sha256(data).digest()).decode()
