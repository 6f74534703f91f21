"""`bench records`: runs of a computation told to `/records`, against SQLAlchemy alone.

Floor and Muniment take turns, so that whatever else the machine does meets both alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consumers.store_record import CONSUMER
from ops.bench.floor_records import fill
from ops.bench.installation import Installation, running
from ops.bench.laps import Lap, Report, run_lap
from ops.bench.places import Place
from ops.bench.profiles import profiled
from ops.bench.record_laps import FloorCourse, RecordCourse
from ops.bench.record_load import Login, ask
from ops.bench.runs import Run, Work, runs
from ops.stores import clock, new_id, new_secret
from store.accounts import Accounts

_Kind = tuple[Work, int]
_LISTS = 20
"""Requests for the long list, one after another."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    records: int = 1000
    """Per lap."""
    connections: Sequence[int] = (1, 16, 64)
    readers: int = 16
    """Connections over which single records are read."""
    listed: int = 10_000
    """Records of the project whose list is read."""
    rounds: int = 3
    profile: Path | None = None
    """Where profiles of one more round over `readers` connections are written."""

    @property
    def warming(self) -> "Wanted":
        """What goes through beforehand, and does not count."""
        return replace(self, records=min(self.records, 100), connections=[self.readers])

    @property
    def total(self) -> int:
        """How many requests will have gone through in the end, the floor's among them."""
        profiled = 0 if self.profile is None else 3 * self.records
        return self.rounds * self.round + self.warming.round + profiled

    @property
    def round(self) -> int:
        """How many of them go through in one round."""
        return 2 * (self.records * (2 * len(self.connections) + 1) + _LISTS)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work over so many connections, and how it went through."""

    work: Work
    connections: int
    laps: Mapping[str, Sequence[Lap]]
    """By course, the floor first; one per round, side by side."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    listed: int
    """Records in the list."""
    kinds: Sequence[Kind]


def measure(place: Place, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place. Raises MunimentError."""
    with running(place, CONSUMER.name) as installation:
        login = _login(installation)
        courses = _Courses(place, installation, login, report)
        listed = _project(wanted.listed)
        ask(installation, login, "PUT", listed[0].project_target)
        fill(installation.database, listed)
        _round("warming up", courses, wanted.warming, listed)
        found = [
            _round(f"round {number} of {wanted.rounds}", courses, wanted, listed)
            for number in range(1, wanted.rounds + 1)
        ]
        if wanted.profile is not None:
            _profile(installation, courses, wanted, wanted.profile)
    kinds = [
        Kind(*kind, {name: [one[kind][name] for one in found] for name in laps})
        for kind, laps in found[0].items()
    ]
    return Measured(place.name, wanted.listed, kinds)


class _Courses:
    """Through the floor, and through Muniment."""

    def __init__(
        self, place: Place, installation: Installation, login: Login, report: Report
    ) -> None:
        self._place = place
        self._installation = installation
        self._login = login
        self._report = report

    def floor(self, what: str, kind: _Kind, things: Sequence[Run]) -> Lap:
        return run_lap(what, FloorCourse(self._place, *kind), things, self._report)

    def ours(self, what: str, kind: _Kind, things: Sequence[Run]) -> Lap:
        course = RecordCourse(self._installation, self._login, *kind)
        return run_lap(what, course, things, self._report)


def _round(
    what: str, courses: _Courses, wanted: Wanted, listed: Sequence[Run]
) -> dict[_Kind, dict[str, Lap]]:
    found: dict[_Kind, dict[str, Lap]] = {}

    def run(work: Work, connections: int, things: Sequence[Run]) -> None:
        kind = (work, connections)
        found[kind] = {
            FloorCourse.name: courses.floor(what, kind, things),
            RecordCourse.name: courses.ours(what, kind, things),
        }

    for connections in wanted.connections:
        sent = _project(wanted.records)
        run("create", connections, sent)
        run("update", connections, sent)
    run("get", wanted.readers, sent)
    run("list", 1, [listed[0]] * _LISTS)
    return found


def _profile(installation: Installation, courses: _Courses, wanted: Wanted, folder: Path) -> None:
    sent = _project(wanted.records)
    for work in ("create", "update", "get"):
        with profiled(installation.processes, folder / work):
            courses.ours("profiling", (work, wanted.readers), sent)


def _project(count: int) -> Sequence[Run]:
    return runs(f"reef {new_id()}", count)


def _login(installation: Installation) -> Login:
    login = Login("bench", new_secret())
    accounts = Accounts(installation.database, clock, new_id, new_secret)
    accounts.add_user(login.name, login.password)
    return login
