"""An object store with somebody listening in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from store.ports import ObjectInfo, ObjectStore, Sink


class InterceptedObjects:
    """An object store that calls back before and after each call of the inner that changes it.

    The callback gets `create`, `move` or `delete` before, and `created`, `moved` or `deleted`
    after; and `written` after each write. What it raises is raised.
    """

    def __init__(self, inner: ObjectStore, instant: Callable[[str], None]) -> None:
        self._inner = inner
        self._instant = instant

    @contextmanager
    def create(self, key: str) -> Iterator[Sink]:
        """As the inner store."""
        self._instant("create")
        with self._inner.create(key) as sink:
            yield _Sink(sink, self._instant)
        self._instant("created")

    def move(self, key: str, to: str) -> None:
        """As the inner store."""
        self._instant("move")
        self._inner.move(key, to)
        self._instant("moved")

    def delete(self, key: str) -> None:
        """As the inner store."""
        self._instant("delete")
        self._inner.delete(key)
        self._instant("deleted")

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """As the inner store."""
        return self._inner.open(key, start, length)

    def info(self, key: str) -> ObjectInfo:
        """As the inner store."""
        return self._inner.info(key)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """As the inner store."""
        return self._inner.list(prefix)

    def sweep(self, older_than: datetime) -> int:
        """As the inner store."""
        return self._inner.sweep(older_than)

    def check(self) -> None:
        """As the inner store."""
        self._inner.check()


class _Sink:
    def __init__(self, inner: Sink, instant: Callable[[str], None]) -> None:
        self._inner = inner
        self._instant = instant

    def write(self, data: bytes, /) -> int:
        length = self._inner.write(data)
        self._instant("written")
        return length
