"""`bench ingest`: from `PUT /files/…` to `file.archived`, against a raw copy of the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from consumers.ingest_file import CONSUMER
from ops.bench import specimens
from ops.bench.file_laps import CopyCourse, UploadCourse
from ops.bench.installation import Installation, running
from ops.bench.laps import Course, Lap, Report, run_lap
from ops.bench.meters import peak_memory
from ops.bench.places import Place
from ops.bench.profiles import profiled
from ops.bench.specimens import Specimen


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    files: int = 1000
    size: int = 100 * 1024
    """Bytes of each."""
    large: int = 2 * 1024**3
    """Bytes of the one large file; 0: none."""
    connections: int = 8
    rounds: int = 3
    """Of the many files; the large one goes through once."""
    profile: Path | None = None
    """Where profiles of one more round, which does not count, are written."""

    @property
    def total(self) -> int:
        """How many files will have gone through in the end."""
        rounds = self.rounds + (self.profile is not None)
        return 2 * (rounds * self.files + self.files // 10) + (2 if self.large else 0)


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of one size, and how they went through."""

    files: int
    size: int
    """Bytes of each."""
    laps: Mapping[str, Sequence[Lap]]
    """By course, the copy first; one per round, side by side."""
    peak: Mapping[str, int | None]
    """The most memory that each process has had until then, in bytes."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    idle: Mapping[str, int | None]
    """The most memory that each process has had before the first upload, in bytes."""
    kinds: Sequence[Kind]


def measure(place: Place, folder: Path, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place; the files to be archived are made in the folder.

    Raises MunimentError.
    """
    with running(place, CONSUMER.name) as installation:
        idle = _peaks(installation)
        copy = CopyCourse(folder / "copy")
        courses = (copy, UploadCourse(installation, wanted.connections, copy))
        kinds: list[Kind] = []
        for count, size, rounds in _kinds(wanted):
            made = specimens.make(folder / str(size), count, size)
            laps = _laps(courses, made, rounds, report)
            if wanted.profile is not None and not kinds:
                with profiled(installation.processes, wanted.profile):
                    _round("profiling", courses, made, report)
            specimens.remove(made)
            kinds.append(Kind(count, size, laps, _peaks(installation)))
    return Measured(place.name, idle, kinds)


def _kinds(wanted: Wanted) -> list[tuple[int, int, int]]:
    many = [(wanted.files, wanted.size, wanted.rounds)] if wanted.files else []
    return [*many, *([(1, wanted.large, 1)] if wanted.large else [])]


def _laps(
    courses: Sequence[Course[Specimen]], made: Sequence[Specimen], rounds: int, report: Report
) -> dict[str, list[Lap]]:
    if len(made) // 10:
        # Files that have never been read meet code that has never been run.
        _round("warming up", courses, made[: len(made) // 10], report)
    laps: dict[str, list[Lap]] = {course.name: [] for course in courses}
    for number in range(1, rounds + 1):
        found = _round(f"round {number} of {rounds}", courses, made, report)
        for course, lap in zip(courses, found, strict=True):
            laps[course.name].append(lap)
    return laps


def _round(
    what: str, courses: Sequence[Course[Specimen]], made: Sequence[Specimen], report: Report
) -> list[Lap]:
    renewed = specimens.renew(made, f"{what} {made[0].size}")
    return [run_lap(what, course, renewed, report) for course in courses]


def _peaks(installation: Installation) -> dict[str, int | None]:
    return {name: peak_memory(one.pid) for name, one in installation.processes.items()}
