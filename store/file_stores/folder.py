"""Clients put files of frames below a folder that they share with us.

A file has no versions there: the next under its name takes its place. What `Place.key` says, the
MD5 of the bytes, is no part of its path.
"""

import errno
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, Literal

from store.errors import FileStoreUnavailableError, ObjectNotFoundError
from store.file_stores.ports import Place, StoredFile
from store.fixity import CHUNK
from store.folders import LinkError, NotRegularError, open_file, open_folder, stat_file
from store.object_keys import check_range
from store.streams import whole

_NOT_THERE = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
    errno.EILSEQ,
    # One file that we may not read must not hold up all others.
    errno.EACCES,
    errno.EPERM,
}
_NO_STEPS = {"", ".", ".."}

_log = logging.getLogger(__name__)


class FolderFileStore:
    """A `FileStore` below a folder, which is theirs.

    No symbolic link below it is followed, and nothing but regular files is read: whoever may write
    there must not have us read what we alone may. What cannot be read counts as not there, and the
    log says why. `list` does not know a file's `key`.
    """

    kind: Literal["file"] = "file"
    overwrites = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, place: Place, start: int = 0, length: int | None = None) -> BinaryIO:
        """See `FileStore`: whatever is there now."""
        check_range(start, length)
        with self._at(place.path) as (folder, name):
            file = open_file(folder, name)
            rest = max(0, os.fstat(file.fileno()).st_size - start)
            file.seek(start)
        size = rest if length is None else min(rest, length)
        return whole(file, size, (OSError,), lambda reason: self._unavailable(place.path, reason))

    def info(self, place: Place) -> StoredFile:
        """See `FileStore`: of whatever is there now."""
        with self._at(place.path) as (folder, name):
            return _stored(place, stat_file(folder, name))

    def url(self, place: Place, filename: str, seconds: int) -> str | None:
        """Return None: a folder speaks no HTTP."""
        del place, filename, seconds
        return None

    def delete(self, place: Place) -> None:
        """See `FileStore`; what has taken the place of these bytes stays."""
        with suppress(ObjectNotFoundError):
            if self._md5(place) != place.key:
                return
            with self._at(place.path) as (folder, name):
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def list(self) -> Iterator[StoredFile]:
        """See `FileStore`; a page is what one folder holds, and `key` is empty."""
        self.check()
        return self._walk("")

    def check(self) -> None:
        """See `FileStore`."""
        try:
            with os.scandir(self._root) as entries:
                next(entries, None)
        except OSError as error:
            raise self._unavailable("", f"{error.strerror}; is the disk mounted?") from error

    def _md5(self, place: Place) -> str:
        # By MD5 the client calls its bytes; nothing relies on its strength.
        digest = hashlib.md5(usedforsecurity=False)
        with self.open(place) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _walk(self, folder: str) -> Iterator[StoredFile]:
        try:
            with open_folder(self._root, folder.split("/")[:-1]) as descriptor:
                entries = _entries(descriptor, folder)
        except OSError as error:
            if error.errno not in _NOT_THERE:  # removed since, or not for our eyes
                raise self._unavailable(folder, str(error.strerror)) from error
            self.check()
            return
        for path, found in entries:
            if found is None:
                yield from self._walk(path)
            else:
                yield found

    @contextmanager
    def _at(self, path: str) -> Iterator[tuple[int, str]]:
        """Yield the open folder of a file and its name there; errors come out as ours."""
        *steps, name = path.split("/")
        if not _NO_STEPS.isdisjoint((*steps, name)) or "\0" in path:
            raise ObjectNotFoundError(path)
        try:
            with open_folder(self._root, steps) as folder:
                yield folder, name
        except (LinkError, NotRegularError) as error:
            _log.warning("%r in the file store %s: %s is none", path, self._root, error)
            raise ObjectNotFoundError(path) from error
        except OSError as error:
            if error.errno not in _NOT_THERE:
                raise self._unavailable(path, str(error.strerror)) from error
            # In a folder whose disk is not mounted nothing is found; that says nothing of a file.
            self.check()
            if error.errno in {errno.EACCES, errno.EPERM}:
                _log.warning("%r in the file store %s: %s", path, self._root, error.strerror)
            raise ObjectNotFoundError(path) from error

    def _unavailable(self, path: str, reason: str) -> FileStoreUnavailableError:
        return FileStoreUnavailableError(f"file store: {self._root / path}: {reason}")


def _entries(descriptor: int, folder: str) -> list[tuple[str, StoredFile | None]]:
    """Return the paths in a folder with their files, and its subfolders with None, in order."""
    found: list[tuple[str, StoredFile | None]] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            path = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                found.append((path + "/", None))
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):  # removed since
                    place = Place(path, "")
                    found.append((path, _stored(place, stat_file(descriptor, entry.name))))
    return sorted(found, key=itemgetter(0))


def _stored(place: Place, found: os.stat_result) -> StoredFile:
    return StoredFile(place, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
