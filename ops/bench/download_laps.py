"""Laps of downloads: `cat` of files, and a zip of the frames that they are the files of."""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar
from zipfile import ZipFile

from pydantic_core import from_json, to_json

from ops.bench.archive_load import FRAMES, ZIP, Door, ask, begin, connect
from ops.bench.downloading import CHUNK, Asked, Fetched, cat, fetch
from ops.bench.exposures import EXTENSION, Exposure
from ops.bench.installation import Installation
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.meters import Meter, cpu_seconds, read, spent
from ops.bench.processes import MeasurementError, child
from store.fits.paths import store_path

T = TypeVar("T")

_START_SECONDS = 60.0
_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Held:
    """A frame with a file."""

    frame: int
    path: Path
    md5: str


def stock(folder: Path, door: Door, night: str, count: int, size: int) -> Sequence[Held]:
    """Have files in the folder where clients put them, and the frames of these."""
    held = []
    for number in range(count):
        # As incompressible as packed images are.
        content = os.urandom(size)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        exposure = Exposure(night, number, md5)
        path = folder / store_path(exposure.said())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        answer = from_json(ask(door, "POST", FRAMES, exposure.body()))
        held.append(Held(answer["id"], path, md5))
    return held


class CatCourse:
    """`cat`, through a pipe."""

    name = "cat"

    def run(self, things: Sequence[Held], tell: Tell) -> Lap:
        """See Course."""
        found, cpu = _timed({}, cat, [one.path for one in things])
        tell(len(things))
        expected = sum(one.path.stat().st_size for one in things)
        return Lap(expected, found.ended - found.started, cpu, expected - found.size, 0)


class ZipCourse:
    """One zip through HTTP, whose members are the files as they are."""

    name = "zip"

    def __init__(self, installation: Installation, door: Door) -> None:
        self._installation = installation
        self._door = door

    def run(self, things: Sequence[Held], tell: Tell) -> Lap:
        """See Course."""
        body = _asking(things)
        found, cpu = _timed(self._installation.meters, fetch, Asked(self._door, body))
        tell(len(things))
        expected = sum(one.path.stat().st_size for one in things)
        return Lap(expected, found.ended - found.started, cpu, max(0, expected - found.size), 0)

    def check(self, things: Sequence[Held]) -> None:
        """Raise MeasurementError unless a zip has the files, each once and as it is."""
        with TemporaryFile(dir=things[0].path.parent) as file:
            with closing(connect(self._door)) as connection:
                shutil.copyfileobj(
                    begin(connection, self._door, "POST", ZIP, _asking(things)), file, CHUNK
                )
            with ZipFile(file) as archive:
                names = [name for name in archive.namelist() if name.endswith(EXTENSION)]
                seen = Counter(_md5(archive.open(name)) for name in names)
        if conserved([one.md5 for one in things], seen) != (0, 0):
            raise MeasurementError("a zip does not hold the files that it should")


def _asking(things: Sequence[Held]) -> bytes:
    return to_json({"frame_ids": [one.frame for one in things]})


def _timed(
    servers: Mapping[str, Meter], work: Callable[[Connection, T], None], given: T
) -> tuple[Fetched, dict[str, float | None]]:
    with child("reader", work, given) as reader:
        reader.hear(_START_SECONDS)
        meters: dict[str, Meter] = {**servers, "reader": partial(cpu_seconds, reader.pid)}
        before = read(meters)
        reader.tell()
        found: Fetched = reader.hear(_PATIENCE_SECONDS)
        return found, spent(before, read(meters))


def _md5(member: IO[bytes]) -> str:
    with member:
        return hashlib.file_digest(member, "md5").hexdigest()  # type: ignore[arg-type]  # reads like one
