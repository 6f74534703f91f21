"""`bench package`: packages of rows and of a file, against a plain script; compression against zip.

Script and Muniment fetch from one repository, and take turns, so that whatever else the machine
does meets both alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

from pydantic import SecretStr

from consumers.zip_dataset import FAST, SLOW
from ops.bench import repository
from ops.bench.dataset import Dataset
from ops.bench.floor_package import require_orjson
from ops.bench.installation import Installation, running
from ops.bench.laps import Lap, Report, run_lap
from ops.bench.meters import peak_memory
from ops.bench.package_laps import TABLES, PackageCourse, ScriptCourse
from ops.bench.places import Place
from ops.bench.processes import child
from ops.bench.profiles import profiled
from ops.bench.repository import Stock
from ops.bench.zip_laps import MemberCourse, ZipCourse, zip_tool
from ops.stores import new_secret

_WRITING_SECONDS = 600.0
"""For the repository to write down all that it will say."""
_FILE = "package_url"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    dataset: Dataset
    file_size: int = 500_000_000
    """Bytes of the file; 0: none."""
    rounds: int = 3
    profile: Path | None = None
    """Where profiles of one more round, which does not count, are written."""

    @property
    def total(self) -> int:
        """How many zips will have been made in the end."""
        laps = 1 + len(TABLES) + (2 if self.file_size else 0)
        zips = 2 if zip_tool() else 0
        return (1 + self.rounds + (self.profile is not None)) * laps + self.rounds * zips


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work, and how it went."""

    name: str
    laps: Mapping[str, Sequence[Lap]]
    """By course, the one first that is compared with; one per round, side by side."""
    size: int
    """Bytes before they are compressed."""
    packed: Mapping[str, int]
    """Bytes of the zip, by course."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    dataset: Dataset
    kinds: Sequence[Kind]
    """Rows; the file, if there is one; compression, if zip is installed."""
    idle: Mapping[str, int | None]
    """The most memory that each process has had before the first package, in bytes."""
    peak: Mapping[str, int | None]
    """The same after the last."""


def _settings(wanted: Wanted, secret: str) -> Mapping[str, object]:
    return {
        "fetch_allow": ("127.0.0.1",),
        "packager_secret": SecretStr(secret),
        "packager_page_size": wanted.dataset.page_size,
        # Every order is built anew.
        "packager_cache_seconds": 0,
    }


def _peaks(installation: Installation) -> dict[str, int | None]:
    return {name: peak_memory(one.pid) for name, one in installation.processes.items()}


def measure(place: Place, folder: Path, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place; zips are made in the folder. Raises MunimentError."""
    require_orjson()
    secret = new_secret()
    place = replace(place, settings=place.settings.model_copy(update=_settings(wanted, secret)))
    stock = Stock(wanted.dataset, wanted.file_size, folder / "repository")
    with (
        child("repository", repository.serve, stock) as source,
        running(place, SLOW.name, FAST.name, alone=True) as installation,
    ):
        idle = _peaks(installation)
        url: str = source.hear(_WRITING_SECONDS)
        script = ScriptCourse(url, wanted.dataset.page_size, folder)
        ours = {
            name: PackageCourse(name, installation, secret, url, script)
            for name in (*TABLES, _FILE)
        }
        bench = _Bench(script, ours, wanted, report)
        bench.round("warming up", min(wanted.dataset.rows, wanted.dataset.page_size))
        for number in range(1, wanted.rounds + 1):
            bench.count(bench.round(f"round {number} of {wanted.rounds}", wanted.dataset.rows))
            bench.count(bench.compress(f"round {number} of {wanted.rounds}"))
        if wanted.profile is not None:
            with profiled(installation.processes, wanted.profile):
                bench.round("profiling", wanted.dataset.rows)
        peak = _peaks(installation)
    return Measured(place.name, wanted.dataset, list(bench.kinds.values()), idle, peak)


class _Bench:
    """Lets all take their turns."""

    def __init__(
        self,
        script: ScriptCourse,
        ours: Mapping[str, PackageCourse],
        wanted: Wanted,
        report: Report,
    ) -> None:
        self._script = script
        self._ours = ours
        self._wanted = wanted
        self._report = report
        self.kinds: dict[str, Kind] = {}
        """Those that count, by their names."""
        self._table = script.zip

    def round(self, what: str, rows: int) -> list[Kind]:
        """Have so many rows packaged, and the file."""
        kinds = [self._kind(what, "rows", rows, TABLES)]
        with ZipFile(self._script.zip) as archive:
            self._table = Path(archive.extract("resource.csv", self._script.zip.parent))
        if self._wanted.file_size:
            kinds.append(self._kind(what, "file", 0, [_FILE]))
        return kinds

    def compress(self, what: str) -> list[Kind]:
        """Have the table compressed, if there is a zip to compare with."""
        tool = zip_tool()
        if tool is None:
            return []
        taken = (ZipCourse(tool), MemberCourse())
        laps = {one.name: [run_lap(what, one, [self._table], self._report)] for one in taken}
        packed = {one.name: one.packed for one in taken}
        return [Kind("compression", laps, self._table.stat().st_size, packed)]

    def count(self, kinds: Sequence[Kind]) -> None:
        """Add to what counts."""
        for kind in kinds:
            before = self.kinds.get(kind.name)
            if before is not None:
                laps = {name: [*before.laps[name], *one] for name, one in kind.laps.items()}
                self.kinds[kind.name] = replace(kind, laps=laps)
            else:
                self.kinds[kind.name] = kind

    def _kind(self, what: str, name: str, rows: int, courses: Sequence[str]) -> Kind:
        taken: list[ScriptCourse | PackageCourse] = [self._script]
        taken += [self._ours[course] for course in courses]
        laps = {one.name: [run_lap(f"{what}, {name}", one, [rows], self._report)] for one in taken}
        packed = {one.name: one.content.packed for one in taken}
        return Kind(name, laps, self._script.content.size, packed)
