"""Objects as files below one folder: `<root>/<key>`, written first in `<root>/.tmp`.

An object counts as there when its bytes, its name and its folders are fsynced. Publishing is a
hard link, which the file system makes or refuses at once: the first writer wins among any number
of processes.
"""

import errno
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from store.drafts import open_draft, publish, sweep_drafts
from store.errors import (
    ConflictError,
    ObjectNotFoundError,
    ObjectsUnavailableError,
    SetupError,
)
from store.folders import LinkError, NotRegularError, open_file, open_folder, stat_file
from store.object_keys import check_key, check_prefix, check_range
from store.ports import ObjectInfo, Sink
from store.streams import whole

_BUFFER = 256 * 1024
_PROBE = bytes(4096)


class LocalObjectStore:
    """An `ObjectStore` in a folder, which is made when it is missing.

    Where a key and the folder of another would share one path, `create` and `move` raise
    ConflictError. `sweep` spares what is still being written, however old. No symbolic link below
    the folder is followed: SetupError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / ".tmp"
        try:
            self._drafts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"cannot make the object folder {root}: {error.strerror}; "
                "make it yourself, writable for this user, or choose another"
            ) from error

    @contextmanager
    def create(self, key: str) -> Iterator[Sink]:
        """See `ObjectStore`."""
        check_key(key)
        with self._reporting(key):
            file, path = open_draft(self._drafts)
        try:
            buffer = io.BufferedWriter(file, _BUFFER)
            yield _Sink(buffer, lambda error: self._unavailable(key, _reason(error)))
            with self._at(key, make=True) as (folder, name):
                buffer.flush()
                os.fsync(file.fileno())
                publish(path, name, folder)
        finally:
            file.close()  # not `buffer`, which would try again to write what did not fit
            with suppress(OSError):  # `sweep` comes back to it
                path.unlink()

    def open(self, key: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `ObjectStore`."""
        check_range(start, length)
        with self._at(key) as (folder, name):
            file = open_file(folder, name)
            rest = max(0, os.fstat(file.fileno()).st_size - start)
            file.seek(start)
        size = rest if length is None else min(rest, length)
        return whole(file, size, (OSError,), lambda error: self._unavailable(key, error))

    def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore`."""
        with self._at(key) as (folder, name):
            return _info(key, stat_file(folder, name))

    def move(self, key: str, to: str) -> None:
        """See `ObjectStore`; raises ConflictError when `to` holds another number of bytes."""
        if key == to:
            self.info(key)
            return
        try:
            self._move(key, to)
        except ObjectNotFoundError:
            if not self._has(to):
                raise ObjectNotFoundError(key) from None

    def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        with suppress(ObjectNotFoundError), self._at(key) as (folder, name):
            stat_file(folder, name)
            os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See `ObjectStore`; a page is what one folder holds."""
        folder, slash, _ = check_prefix(prefix).rpartition("/")
        self._require_disk()
        return self._walk(folder + slash, prefix)

    def sweep(self, older_than: datetime) -> int:
        """See `ObjectStore`."""
        with self._reporting():
            return sweep_drafts(self._drafts, older_than)

    def check(self) -> None:
        """See `ObjectStore`."""
        with self._reporting(), tempfile.TemporaryFile(dir=self._drafts, buffering=0) as file:
            file.write(_PROBE)

    def _move(self, key: str, to: str) -> None:
        with self._at(key) as (origin, name):
            size = stat_file(origin, name).st_size
            with self._at(to, make=True) as (folder, to_name):
                publish(name, to_name, folder, origin)
                if stat_file(folder, to_name).st_size != size:
                    raise ConflictError("key", f"object {to!r} is not the same as {key!r}")
            os.unlink(name, dir_fd=origin)
            os.fsync(origin)

    def _has(self, key: str) -> bool:
        with suppress(ObjectNotFoundError):
            return bool(self.info(key))
        return False

    def _walk(self, folder: str, prefix: str) -> Iterator[ObjectInfo]:
        with suppress(ObjectNotFoundError), self._reporting(folder):
            with open_folder(self._root, folder.split("/")[:-1]) as descriptor:
                entries = _entries(descriptor, folder)
            for key, info in entries:
                if info is None and (key.startswith(prefix) or prefix.startswith(key)):
                    yield from self._walk(key, prefix)
                elif info is not None and key.startswith(prefix):
                    yield info

    @contextmanager
    def _at(self, key: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """Yield the open folder of `key` and its name there; errors come out as ours."""
        *folders, name = check_key(key).split("/")
        with (
            self._reporting(key, make=make),
            open_folder(self._root, folders, make=make) as folder,
        ):
            yield folder, name

    @contextmanager
    def _reporting(self, key: str = "", *, make: bool = False) -> Iterator[None]:
        try:
            yield
        except LinkError as error:
            raise SetupError(
                f"{error.filename!r} in the object folder {self._root} is a symbolic link, and "
                "none is followed; mount the other disk there, or move the whole folder"
            ) from error
        except (NotADirectoryError, NotRegularError) as error:
            if make:
                raise ConflictError(
                    "key", f"another key needs part of {key!r} as {error}"
                ) from error
            raise ObjectNotFoundError(key) from error
        except FileNotFoundError as error:
            self._require_disk()
            raise ObjectNotFoundError(key) from error
        except OSError as error:
            raise self._unavailable(key, _reason(error)) from error

    def _require_disk(self) -> None:
        # On a disk that is not mounted nothing is found; that must not read as "no object".
        if not self._drafts.is_dir():
            raise self._unavailable(".tmp", "is gone; is the disk mounted?")

    def _unavailable(self, key: str, reason: str | None) -> ObjectsUnavailableError:
        return ObjectsUnavailableError(f"object store: {self._root / key}: {reason}")


class _Sink:
    """Collects small writes; what the disk refuses comes out as `unavailable`."""

    def __init__(
        self, buffer: "io.BufferedWriter[io.FileIO]", unavailable: Callable[[OSError], Exception]
    ) -> None:
        self._buffer = buffer
        self._unavailable = unavailable

    def write(self, data: bytes, /) -> int:
        try:
            return self._buffer.write(data)
        except OSError as error:
            raise self._unavailable(error) from error


def _entries(descriptor: int, folder: str) -> list[tuple[str, ObjectInfo | None]]:
    """Return the keys in `folder` with their objects, and its subfolders with None, in order."""
    found: list[tuple[str, ObjectInfo | None]] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            key = folder + entry.name
            if key.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                found.append((key + "/", None))
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # deleted since
                    found.append((key, _info(key, stat_file(descriptor, entry.name))))
    return sorted(found, key=itemgetter(0))


def _info(key: str, found: os.stat_result) -> ObjectInfo:
    return ObjectInfo(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _reason(error: OSError) -> str:
    room = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return f"{error.strerror}" + ("; make room, and the work goes on by itself" if room else "")
