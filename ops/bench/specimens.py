"""Files to be archived: bytes that do not compress, different in every lap."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1024 * 1024
_HEAD = 64


@dataclass(frozen=True, slots=True)
class Specimen:
    """One file."""

    name: str
    path: Path
    size: int


def make(folder: Path, count: int, size: int) -> list[Specimen]:
    """Make files in a new folder, and have them on the disk."""
    folder.mkdir()
    block = os.urandom(_BLOCK)
    made = []
    for number in range(count):
        path = folder / str(number)
        with path.open("wb") as file:
            for start in range(0, size, _BLOCK):
                file.write(block[: size - start])
        made.append(Specimen(path.name, path, size))
    # Or the disk would be busy with them while the first are read.
    os.sync()
    return made


def remove(specimens: Iterable[Specimen]) -> None:
    """Remove the files."""
    for one in specimens:
        one.path.unlink()


def renew(specimens: Iterable[Specimen], lap: str) -> list[Specimen]:
    """Return the files with new names and new bytes: what is archived already is not news."""
    renewed = []
    for one in specimens:
        name = f"{lap}/{one.path.name}"
        head = hashlib.sha512(name.encode()).digest()[: min(_HEAD, one.size)]
        with one.path.open("r+b") as file:
            file.write(head)
        renewed.append(Specimen(name, one.path, one.size))
    return renewed
