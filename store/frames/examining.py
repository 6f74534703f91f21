"""Looking at the bytes of a version: read through once, and compared with what was announced."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from store.custody import take_custody
from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore, Place
from store.fixity import CHUNK, Measure
from store.frames.ports import Copy, Sought
from store.frames.values import Fixity, Version
from store.ports import ObjectStore, Sink

Progress = Callable[[int], None]
"""Is told how many bytes have been read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What looking at a version has shown."""

    uid: str
    fixity: Fixity
    reason: str = ""
    """What is wrong, for people to read."""
    size: int | None = None
    """Bytes that were read; None: they were not there."""
    md5: str | None = None
    sha256: str | None = None
    crc32: int | None = None
    copy: Copy | None = None
    """That was made, since there was none where there should be one."""


@dataclass(frozen=True, slots=True)
class Examiner:
    """Looks at versions. Raises FileStoreUnavailableError and ObjectsUnavailableError."""

    objects: ObjectStore
    file_store: FileStore
    new_id: Callable[[], str]
    progress: Progress

    def look(self, version: Version, into: Sink | None = None) -> Finding | None:
        """Look at a version; None: there is nothing to be looked at, by design.

        `into`: where to copy its bytes on the way.
        """
        place = self._place(version)
        if version.object_key is not None:
            try:
                return self._read(version, self.objects.open(version.object_key), into)
            except ObjectNotFoundError as error:
                # The next version may not have come yet: what the client has put there may do.
                return self._taken(version, place, into) or _missing(version, str(error))
        if place is None:
            return None if version.path is not None else _missing(version, "it has no safe path")
        try:
            if self.file_store.overwrites:
                return self._taken(version, place, into) or self._wrong(version, place)
            return self._read(version, self.file_store.open(place), into)
        except ObjectNotFoundError as error:
            return _missing(version, str(error))

    def _place(self, version: Version) -> Place | None:
        if version.path is None or self.file_store.kind == "dummy":
            return None
        return Place(version.path, version.key)

    def _read(self, version: Version, stream: BinaryIO, into: Sink | None) -> Finding:
        measure, crc32 = Measure(), 0
        with stream:
            while chunk := stream.read(CHUNK):
                measure.update(chunk)
                crc32 = zlib.crc32(chunk, crc32)
                if into is not None:
                    into.write(chunk)
                self.progress(measure.size)
        found = measure.fixity()
        sound = found.md5 == version.md5
        return Finding(
            uid=version.uid,
            fixity="sound" if sound else "damaged",
            reason="" if sound else f"the MD5 of its bytes is {found.md5}, not {version.md5}",
            size=found.size,
            md5=found.md5,
            sha256=found.sha256,
            crc32=crc32,
        )

    def _taken(self, version: Version, place: Place | None, into: Sink | None) -> Finding | None:
        """Make a copy of our own, and look at that; None: these bytes are not where they were."""
        if place is None:
            return None
        sought = Sought(place, version.md5)
        copy = take_custody(sought, self.file_store, self.objects, self.new_id())
        if copy is None:
            return None
        if into is not None:
            self._read(version, self.objects.open(copy.object_key), into)
        return Finding(
            uid=version.uid,
            fixity="sound",
            size=copy.size,
            md5=version.md5,
            sha256=copy.sha256,
            crc32=copy.crc32,
            copy=copy,
        )

    def _wrong(self, version: Version, place: Place) -> Finding:
        return self._read(version, self.file_store.open(place), None)


def _missing(version: Version, reason: str) -> Finding:
    return Finding(uid=version.uid, fixity="missing", reason=reason)
