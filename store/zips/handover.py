"""Chunks on their way from a thread that makes them to a thread that takes them, so many at most.

`queue.Queue` counts items where we count bytes, and its ends cannot tell each other that they are
done: in Python 3.13 they can.
"""

from collections import deque
from threading import Condition


class TakerGoneError(Exception):
    """The handover was closed: nothing is put any more, and nothing taken."""


class Handover:
    """At most `limit` bytes, or one chunk that is larger; for one maker and one taker."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._error: BaseException | None = None
        self._closed = False
        self._changed = Condition()

    def put(self, chunk: bytes) -> None:
        """Hand over one chunk; wait for room. Raises TakerGoneError."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or not self._size or self._size + len(chunk) <= self._limit
            )
            if self._closed:
                raise TakerGoneError
            self._chunks.append(chunk)
            self._size += len(chunk)
            self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more comes, and why if it should have."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def wait(self) -> None:
        """Return once a chunk is there, or the end.

        Raises TakerGoneError, and the error of an end when there is no chunk before it.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended or self._closed)
            if self._closed:
                raise TakerGoneError
            if not self._chunks and self._error is not None:
                raise self._error

    def take(self) -> bytes | None:
        """Return the next chunk; None: that was all. Raises as `wait` does."""
        self.wait()
        with self._changed:
            if not self._chunks:
                return None
            chunk = self._chunks.popleft()
            self._size -= len(chunk)
            self._changed.notify_all()
            return chunk

    def close(self) -> None:
        """Take no more: both sides are told, and what was put is forgotten."""
        with self._changed:
            self._closed = True
            self._chunks.clear()
            self._changed.notify_all()
