"""An object store that also has those bytes of frames that the file store keeps.

To whoever asks for a file by its `object_key`, it is all one.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import bindparam, select

from store.database import Database
from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore
from store.frames.content import Bytes, FrameContent
from store.frames.rows import version_of
from store.keys import FRAMES
from store.ports import ObjectInfo, ObjectStore, Sink
from store.tables import frame_versions

_VERSION = select(frame_versions).where(frame_versions.c.uid == bindparam("uid"))


class FrameObjects:
    """An `ObjectStore` over another, where `frames/<uid>` is a version of a frame.

    Those can be read; they are no objects that could be made, moved, removed or listed.
    """

    def __init__(self, inner: ObjectStore, database: Database, file_store: FileStore) -> None:
        self._inner = inner
        self._database = database
        self._content = FrameContent(inner, file_store)
        self.sweep, self.check = inner.sweep, inner.check

    def create(self, key: str) -> AbstractContextManager[Sink]:
        """See `ObjectStore`."""
        return self._inner.create(_own(key))

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `ObjectStore`; raises FileStoreUnavailableError, too."""
        if not key.startswith(FRAMES):
            return self._inner.open(key, start, length)
        return self._version(key)[0].open(start, length)

    def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore`; raises FileStoreUnavailableError, too."""
        if not key.startswith(FRAMES):
            return self._inner.info(key)
        there, created = self._version(key)
        return ObjectInfo(key, there.size, created)

    def move(self, key: str, to: str) -> None:
        """See `ObjectStore`."""
        self._inner.move(_own(key), _own(to))

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        self._inner.delete(_own(key))

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore`."""
        return self._inner.list(prefix)

    def _version(self, key: str) -> tuple[Bytes, datetime]:
        rows = self._database.query(_VERSION, {"uid": key.removeprefix(FRAMES)})
        if not rows:
            raise ObjectNotFoundError(key)
        version = version_of(rows[0])
        return self._content.of_version(version), version.created_at


def _own(key: str) -> str:
    if key.startswith(FRAMES):
        raise ValueError(f"{key!r} names a version of a frame, and is no object of ours")
    return key
