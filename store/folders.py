"""Open what lies below a folder, step by step, so that no symbolic link leads elsewhere.

Every step is taken from the descriptor of the folder before it: what is checked is what is opened,
whatever is renamed meanwhile.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# O_NONBLOCK: a FIFO put where a file was must not make us wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


class LinkError(OSError):
    """A symbolic link stands where a folder or a file should."""


class NotRegularError(OSError):
    """A folder, FIFO, socket or device stands where a file should."""


@contextmanager
def open_folder(root: Path, steps: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """Yield a descriptor of the folder that `steps` lead to from `root`.

    `root` itself may be reached through links. With `make`, missing folders are made, durably.
    Raises LinkError, FileNotFoundError, NotADirectoryError.
    """
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps:
            child = _open_child(folder, step, make=make)
            os.close(folder)
            folder = child
        yield folder
    finally:
        os.close(folder)


def _open_child(parent: int, name: str, *, make: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        if not make:
            raise
    except OSError:
        _refuse_link(parent, name)
        raise
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=parent)
    os.fsync(parent)
    return _open_child(parent, name, make=False)


def stat_file(folder: int, name: str) -> os.stat_result:
    """Describe the regular file `name`. Raises LinkError, NotRegularError, FileNotFoundError."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        raise LinkError(errno.ELOOP, "is a symbolic link", name)
    if not stat.S_ISREG(found.st_mode):
        raise NotRegularError(errno.EINVAL, "is not a regular file", name)
    return found


def open_file(folder: int, name: str) -> io.FileIO:
    """Open the regular file `name` for reading; raises what `stat_file` raises."""
    stat_file(folder, name)  # before opening: to open a device can already do something
    try:
        file = io.FileIO(os.open(name, _FILE, dir_fd=folder))
    except OSError as error:
        if error.errno == errno.ELOOP:  # it has become one since
            raise LinkError(error.errno, "is a symbolic link", name) from error
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotRegularError(errno.EINVAL, "is not a regular file", name)
    return file


def _refuse_link(parent: int, name: str) -> None:
    with suppress(FileNotFoundError, NotRegularError):
        stat_file(parent, name)
