"""Room on this machine's disk for what is under construction: a folder for each piece of work."""

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path


class LocalScratch:
    """Folders below one folder; satisfies `store.package_ports.Scratch`."""

    def __init__(self, folder: Path, reserve: int) -> None:
        """`reserve` is how many bytes of the disk are to be left to others."""
        self._folder = folder
        self._reserve = reserve

    def folder(self, name: str) -> Path:
        """Return the folder of one piece of work."""
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def remove(self, name: str) -> None:
        """Remove the folder of one piece of work."""
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def has_room(self) -> bool:
        """Whether there is more room than the reserve."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return shutil.disk_usage(self._folder).free > self._reserve

    def sweep(self, older_than: datetime) -> int:
        """Remove the folders that nothing was written to since a time."""
        if not self._folder.is_dir():
            return 0
        old = [one for one in self._folder.iterdir() if _newest(one) < older_than.timestamp()]
        for one in old:
            shutil.rmtree(one, ignore_errors=True)
        return len(old)


def _newest(folder: Path) -> float:
    """Return when anything in a folder was last written to; files come and go meanwhile."""
    newest = 0.0
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):
            newest = max(newest, path.stat().st_mtime)
    return newest
