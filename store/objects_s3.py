"""Objects in a bucket of S3, or of a server that speaks it: `s3://<bucket>/<prefix><key>`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from store.errors import ConflictError, ObjectNotFoundError
from store.object_keys import check_key, check_prefix, check_range
from store.ports import ObjectInfo, Sink
from store.s3 import open_body, reporting, status
from store.s3_uploads import PutIfAbsent, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

PART_SIZE = 16 * 1024 * 1024
"""Bytes of an upload that are held in memory; S3 wants 5 MiB at least."""

_COPY = TransferConfig(
    # A server may take a minute for a GiB and say nothing meanwhile: no request asks for more.
    multipart_threshold=256 * 1024 * 1024,
    multipart_chunksize=256 * 1024 * 1024,
    max_concurrency=2,
)


class S3ObjectStore:
    """An `ObjectStore` in a bucket, below a prefix.

    Keys with the prefix are at most 1024 bytes. `list` yields in the server's order, which is key
    order on AWS; SeaweedFS orders folder by folder (`a/b` before `a.b`). `sweep` cannot see
    whether a multipart upload is still being written: sweep only what is older than the longest
    upload.
    """

    def __init__(
        self, client: "S3Client", bucket: str, prefix: str = "", part_size: int = PART_SIZE
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{check_key(prefix.strip('/'))}/" if prefix.strip("/") else ""
        self._part_size = part_size
        self._once = PutIfAbsent(client, bucket)
        self._writable = False

    def ensure_bucket(self) -> None:
        """Make the bucket when it is missing. Safe to repeat."""
        with reporting(self._client, self._bucket):
            try:
                self._client.head_bucket(Bucket=self._bucket)
            except ClientError as error:
                if status(error) != HTTPStatus.NOT_FOUND:
                    raise
                self._make_bucket()

    @contextmanager
    def create(self, key: str) -> Iterator[Sink]:
        """See `ObjectStore`."""
        full = self._full(key)
        upload = Upload(self._client, self._bucket, full, self._part_size, self._once)
        try:
            yield upload
            upload.finish()
        except BaseException:
            self._writable = False
            upload.abort()
            raise

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `ObjectStore`."""
        check_range(start, length)
        with self._reporting(key) as full:
            return open_body(self._client, self._bucket, full, start, length)

    def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore`."""
        with self._reporting(key) as full:
            found = self._client.head_object(Bucket=self._bucket, Key=full)
        return ObjectInfo(key, found["ContentLength"], found["LastModified"].astimezone(UTC))

    def move(self, key: str, to: str) -> None:
        """See `ObjectStore`; raises ConflictError when `to` holds another number of bytes."""
        if key == to:
            self.info(key)
            return
        try:
            self._move(key, to)
        except ObjectNotFoundError:
            if not self._once.exists(self._full(to)):
                raise ObjectNotFoundError(key) from None

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        with suppress(ObjectNotFoundError), self._reporting(key) as full:
            self._client.delete_object(Bucket=self._bucket, Key=full)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore`."""
        return self._list(self._prefix + check_prefix(prefix))

    def sweep(self, older_than: datetime) -> int:
        """See `ObjectStore`."""
        swept = 0
        pages = self._client.get_paginator("list_multipart_uploads")
        with reporting(self._client, self._bucket):
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for upload in page.get("Uploads", []):
                    if upload["Initiated"] < older_than:
                        self._abort(upload["Key"], upload["UploadId"])
                        swept += 1
        return swept

    def check(self) -> None:
        """See `ObjectStore`. Writes at first and after a failure, else asks for the bucket."""
        with reporting(self._client, self._bucket):
            self._client.head_bucket(Bucket=self._bucket)
            if not self._writable:
                self._write()
                self._writable = True

    def _move(self, key: str, to: str) -> None:
        size = self.info(key).size
        try:
            there = self.info(to).size
        except ObjectNotFoundError:
            self._copy(key, to, size)
        else:
            if there != size:
                raise ConflictError("key", f"object {to!r} is not the same as {key!r}")
        self.delete(key)

    def _copy(self, key: str, to: str, size: int) -> None:
        with self._reporting(key) as full:
            source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": full}
            if size > _COPY.multipart_threshold:
                self._client.copy(source, self._bucket, self._full(to), Config=_COPY)
            else:
                self._client.copy_object(CopySource=source, Bucket=self._bucket, Key=self._full(to))

    def _list(self, prefix: str) -> Iterator[ObjectInfo]:
        pages = self._client.get_paginator("list_objects_v2")
        with reporting(self._client, self._bucket):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    if not key.endswith("/"):  # some tools put empty objects there as folders
                        modified = found["LastModified"].astimezone(UTC)
                        yield ObjectInfo(key, found["Size"], modified)

    def _write(self) -> None:
        # A part of an upload that never ends leaves no object, and no version in the bucket.
        key = f"{self._prefix}.check"
        begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)
        try:
            self._client.upload_part(
                Bucket=self._bucket, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=b"."
            )
        finally:
            self._abort(key, begun["UploadId"])

    def _abort(self, key: str, upload_id: str) -> None:
        with reporting(self._client, self._bucket, key):
            try:
                self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id
                )
            except self._client.exceptions.NoSuchUpload:
                return

    def _make_bucket(self) -> None:
        region = self._client.meta.region_name
        try:
            if region == "us-east-1":  # the one region that must not be named
                self._client.create_bucket(Bucket=self._bucket)
            else:
                self._client.create_bucket(
                    Bucket=self._bucket,
                    CreateBucketConfiguration={
                        "LocationConstraint": cast("BucketLocationConstraintType", region)
                    },
                )
        except self._client.exceptions.BucketAlreadyOwnedByYou:
            return

    def _full(self, key: str) -> str:
        return self._prefix + check_key(key)

    @contextmanager
    def _reporting(self, key: str) -> Iterator[str]:
        """Yield the key with its prefix; errors come out as ours, with the key alone."""
        full = self._full(key)
        try:
            with reporting(self._client, self._bucket, full):
                yield full
        except ObjectNotFoundError as error:
            raise ObjectNotFoundError(key) from error
