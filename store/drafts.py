"""Files that are being written, and the moment they get their name.

A draft is locked while its writer lives: what is not locked was left by a process that died.
"""

import errno
import fcntl
import io
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from store.errors import SetupError
from store.folders import stat_file

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}


def open_draft(folder: Path) -> tuple[io.FileIO, Path]:
    """Make a new file in `folder`, locked until it is closed; return it and its path."""
    descriptor, path = tempfile.mkstemp(dir=folder)
    file = io.FileIO(descriptor, "wb")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file, Path(path)


def publish(source: str | Path, name: str, folder: int, origin: int | None = None) -> None:
    """Give the file `source` (a path, or a name in `origin`) a durable name in `folder`.

    When the name is taken by another file, that one stays. Raises NotRegularError when it is taken
    by something else, SetupError where the file system has no hard links.
    """
    try:
        os.link(source, name, src_dir_fd=origin, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        stat_file(folder, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        raise SetupError(
            "the file system of the object folder has no hard links, by which the first writer "
            "of an object wins; choose a folder on another one"
        ) from error
    os.fsync(folder)


def sweep_drafts(folder: Path, older_than: datetime) -> int:
    """Remove drafts that were last written before `older_than` and have no writer any more."""
    with os.scandir(folder) as entries:
        return sum(_sweep(Path(entry.path), older_than.timestamp()) for entry in entries)


def _sweep(path: Path, older_than: float) -> bool:
    with suppress(FileNotFoundError, BlockingIOError):  # it has just ended, or is being written
        if path.stat().st_mtime < older_than:
            with path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            return True
    return False
