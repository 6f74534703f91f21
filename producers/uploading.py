"""The bytes of a file on their way to the ingress: read once, counted and hashed as they go."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import quote

import uuid_utils

from producers.answers import File, Operation
from producers.client_errors import PendingError, ProblemError
from producers.client_http import Http
from producers.following import follow, prefer
from schemas.files import ArchivedFile, FileRejected, FileUnchanged
from schemas.types import check_file_name
from store.errors import DigestMismatchError, MunimentError

Progress = Callable[[int, int | None], None]
"""Told the bytes that have been sent, and how many there are, where that is known."""

CHUNK = 256 * 1024

_UNCHANGED, _ACCEPTED, _REFUSED = 200, 202, 422


class UploadBody:
    """The rest of an open file, as a request's body.

    `size` is None for what cannot be rewound (a pipe); that is sent chunked, and only once.
    """

    def __init__(self, file: BinaryIO, progress: Progress | None = None) -> None:
        self._file = file
        self._progress = progress
        self._start = 0
        self._sha256 = hashlib.sha256()
        self._done = 0
        self.size: int | None = None
        if file.seekable():
            self._start = file.tell()
            self.size = file.seek(0, os.SEEK_END) - self._start
            file.seek(self._start)

    def __iter__(self) -> Iterator[bytes]:
        self._tell()
        while chunk := self._read():
            self._sha256.update(chunk)
            yield chunk
            self._done += len(chunk)
            self._tell()
        if self.size is not None and self._done < self.size:
            raise MunimentError(
                f"{self._name} became shorter while it was sent ({self._done} of {self.size} "
                "bytes); nothing was stored"
            )

    def rewind(self) -> bool:
        """Begin again, unless it is a pipe that has been read from."""
        if self.size is None:
            return self._done == 0
        self._file.seek(self._start)
        self._sha256 = hashlib.sha256()
        self._done = 0
        return True

    def check(self, sha256: str) -> None:
        """Compare what was read with what arrived. Raises DigestMismatchError."""
        read = self._sha256.hexdigest()
        if sha256 != read:
            raise DigestMismatchError("sha256", read, sha256)

    def _read(self) -> bytes:
        # A file that grows is sent as long as it was: that is the length which was announced.
        most = CHUNK if self.size is None else min(CHUNK, self.size - self._done)
        try:
            return self._file.read(most)
        except OSError as error:
            raise MunimentError(f"cannot read {self._name}: {error.strerror or error}") from error

    @property
    def _name(self) -> str:
        return str(getattr(self._file, "name", "the stream"))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._done, self.size)


def send(
    http: Http, body: UploadBody, name: str, metadata: Mapping[str, Any], wait: float | None
) -> File | Operation:
    """Send a file; see `Client.upload`."""
    try:
        # Here and not only there: `a/../b` would leave this machine as `b`.
        name = check_file_name(name)
    except ValueError as error:
        raise MunimentError(f"the name {name!r} {error}") from error
    headers = {"idempotency-key": str(uuid_utils.uuid7())}
    if body.size is not None:
        headers["content-length"] = str(body.size)
    if metadata:
        headers["muniment-metadata"] = json.dumps(metadata, separators=(",", ":"))
    deadline = time.monotonic() + (wait or 0.0)
    status, answer = http.json(
        "PUT",
        f"/files/{quote(name, safe='/')}",
        headers={**headers, **prefer(wait or 0.0)},
        body=body,
        waits=wait or 0.0,
    )
    if status != _ACCEPTED:
        file = File.model_validate({**answer, "unchanged": status == _UNCHANGED})
        body.check(file.sha256)
        return file
    operation = Operation.model_validate(answer["operations"][0] if wait is None else answer)
    if wait is None:
        return operation
    return _archived(http, body, follow(http, operation.id, deadline - time.monotonic()))


def _archived(http: Http, body: UploadBody, operation: Operation) -> File:
    outcome = None if operation.outcome is None else operation.outcome.event
    if isinstance(outcome, FileRejected):
        problem = {"title": "refused", "detail": outcome.reason, "field": outcome.field}
        raise ProblemError(_REFUSED, problem)
    if not isinstance(outcome, ArchivedFile):
        raise PendingError(operation)
    body.check(outcome.sha256)
    _, answer = http.json("GET", f"/files/{quote(outcome.file_id, safe='')}")
    unchanged = isinstance(outcome, FileUnchanged)
    return File.model_validate({**answer, "unchanged": unchanged})
