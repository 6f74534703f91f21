"""Small disks, to be filled: file systems in memory."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.finding import ServiceMissingError

MIB = 1024 * 1024


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """Mount a file system of that size at `folder` for a block.

    Raises ServiceMissingError where that is not allowed.
    """
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        raise ServiceMissingError("a small disk is mounted by root alone, where that is allowed")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk: Path) -> Path:
    """Fill it to the last page, and return the file to be removed for there to be room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MIB, 4096):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue
    return filler


def remount(disk: Path, mode: str) -> None:
    """Make it read-only (`ro`), or writable again (`rw`)."""
    subprocess.run(["mount", "-o", f"remount,{mode}", disk], check=True)
