"""The floor of archiving: read each file, hash it, write it, have it on the disk; one by one."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from ops.bench.processes import wait_for_end
from ops.bench.specimens import Specimen

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Copied:
    """How it went."""

    started: float
    ended: float
    sha256: dict[str, str]
    """By name; hex."""


def copy(pipe: Connection, specimens: Sequence[Specimen], folder: Path) -> None:
    """Say that it can begin, wait, copy all into the folder, say a Copied; remove the copies."""
    folder.mkdir()
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    found = {
        one.name: _copy(one.path, folder / str(number)) for number, one in enumerate(specimens)
    }
    pipe.send(Copied(started, monotonic(), found))
    shutil.rmtree(folder)
    wait_for_end(pipe)


def _copy(path: Path, to: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as source, to.open("wb", buffering=0) as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
        os.fsync(target.fileno())
    return digest.hexdigest()
