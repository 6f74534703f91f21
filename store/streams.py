"""Streams that end where they should, or say that they did not."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, Protocol

from store.errors import MunimentError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 128 * 1024
"""Bytes that a stream holds for callers who read little at a time."""


class Body(Protocol):
    """Where the bytes come from: a file, or the body of a response."""

    def read(self, size: int, /) -> bytes | None:
        """Return at most `size` bytes, none at the end."""
        ...

    def close(self) -> None:
        """Let go of the file or the connection."""
        ...


def whole(
    body: Body,
    size: int | None,
    failures: tuple[type[Exception], ...],
    unavailable: Callable[[str], MunimentError],
) -> BinaryIO:
    """Return a buffered stream of `body` that ends after `size` bytes, or where `body` ends.

    Reading raises `unavailable(reason)` when `body` raises one of `failures`, or ends before
    `size`: a broken connection must never look like the end of the file.
    """
    return io.BufferedReader(_Whole(body, size, failures, unavailable), BUFFER)


class _Whole(io.RawIOBase):
    def __init__(
        self,
        body: Body,
        size: int | None,
        failures: tuple[type[Exception], ...],
        unavailable: Callable[[str], MunimentError],
    ) -> None:
        self._body = body
        self._missing = size
        self._failures = failures
        self._unavailable = unavailable

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")[: self._missing]
        if not view:
            return 0
        try:
            data = self._body.read(len(view)) or b""
        except self._failures as error:
            raise self._unavailable(str(error)) from error
        if self._missing is not None:
            if not data:
                raise self._unavailable(f"it ended {self._missing} bytes too early")
            self._missing -= len(data)
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
