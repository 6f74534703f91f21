"""Laps of compression: what zip makes of a file, and what the parts of packages make of it."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic

from consumers.packaging.archives import archive
from consumers.packaging.members import PIECE, Member
from ops.bench.floor_package import Ended
from ops.bench.laps import Lap, Tell
from ops.bench.meters import cpu_seconds, read, spent
from ops.bench.package_laps import settle
from ops.bench.processes import MeasurementError, child, wait_for_end

_START_SECONDS = 30.0
_PATIENCE_SECONDS = 1800.0


def zip_tool() -> str | None:
    """Return the path of zip, which ckanpackager used; None when it is not installed."""
    return shutil.which("zip")


class ZipCourse:
    """`zip -j`."""

    name = "zip -j"

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self.packed = 0
        """Bytes of its last zip."""

    def run(self, things: Sequence[Path], tell: Tell) -> Lap:
        """See Course."""
        (path,) = things
        to = path.with_suffix(".zip")
        settle()
        started = monotonic()
        done = subprocess.run(  # noqa: S603 - what PATH calls zip, and files of our own
            [self._tool, "-j", "-q", str(to), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = monotonic() - started
        if done.returncode != 0:
            raise MeasurementError(f"zip: {' '.join((done.stderr or done.stdout).split())}")
        self.packed = to.stat().st_size
        to.unlink()
        tell(1)
        return Lap(path.stat().st_size, seconds, {"compression": None}, 0, 0)


class MemberCourse:
    """A member, written in pieces that are each compressed on their own, and a zip around it."""

    name = "muniment"

    def __init__(self) -> None:
        self.packed = 0
        """Bytes of its last zip."""

    def run(self, things: Sequence[Path], tell: Tell) -> Lap:
        """See Course."""
        (path,) = things
        to = path.with_suffix(".zip")
        with child("compression", compress, _Task(path, to)) as process:
            process.hear(_START_SECONDS)
            settle()
            meters = {"compression": partial(cpu_seconds, process.pid)}
            before = read(meters)
            process.tell()
            ended: Ended = process.hear(_PATIENCE_SECONDS)
            cpu = spent(before, read(meters))
        self.packed = to.stat().st_size
        to.unlink()
        tell(1)
        return Lap(path.stat().st_size, ended.ended - ended.started, cpu, 0, 0)


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    to: Path


def compress(pipe: Connection, task: _Task) -> None:
    """Say that it can begin, wait, write the zip, say an Ended."""
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    segments = task.to.with_suffix(".deflated")
    with task.path.open("rb") as file, Member(segments, task.path.name) as member:
        while piece := file.read(PIECE):
            member.write(piece)
        with task.to.open("wb") as sink:
            sink.writelines(archive([member]))
    pipe.send(Ended(started, monotonic()))
    segments.unlink()
    wait_for_end(pipe)
