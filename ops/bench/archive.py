"""`bench archive`: frames posted to `/archive`, listed, found and downloaded, against plain SQL.

Floor and Muniment take turns, so that whatever else the machine does meets both alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from consumers import announce_archived, ingest_frame
from ops.bench.archive_laps import ArchiveCourse, FloorCourse
from ops.bench.archive_load import Door
from ops.bench.download_laps import CatCourse, Held, ZipCourse, stock
from ops.bench.exposures import Exposure, Work, exposures
from ops.bench.floor_archive import fill
from ops.bench.installation import Installation, running
from ops.bench.laps import Lap, Report, run_lap
from ops.bench.notice_listeners import Listener, listening
from ops.bench.places import Place
from ops.bench.profiles import profiled
from ops.bench.vhosts import broker_of
from ops.stores import clock, new_id, new_secret
from store.accounts import Accounts
from store.archive.users import ArchiveUsers

_INGEST = ingest_frame.CONSUMER.name
_USER = "bench"
_ORDER = ("create", "list", "md5", "zip", "notices")

_Found = dict[tuple[str, int], dict[str, Lap]]
"""A lap of each course, by the kind of work and its connections."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    frames: int = 500
    """Posted per lap."""
    connections: Sequence[int] = (1, 16, 64)
    readers: int = 16
    """Connections over which versions are asked for."""
    lists: int = 100
    """Requests for a page, one after another."""
    listed: int = 10_000
    """Frames that are there before the first is posted."""
    files: int = 10
    """Of a zip."""
    file_size: int = 20_000_000
    """Bytes of each of them."""
    rounds: int = 3
    profile: Path | None = None
    """Where profiles of one more round over `readers` connections are written."""

    @property
    def warming(self) -> "Wanted":
        """What goes through beforehand, and does not count."""
        frames = min(self.frames, 100)
        return replace(self, frames=frames, lists=min(self.lists, 10), connections=[self.readers])

    @property
    def total(self) -> int:
        """How many requests will have gone through in the end, the floor's among them."""
        profiled = 0 if self.profile is None else 2 * self.frames + self.lists + self.files
        return self.rounds * self.round + self.warming.round + profiled

    @property
    def round(self) -> int:
        """How many of them go through in one round."""
        return 2 * (self.frames * (len(self.connections) + 1) + self.lists + self.files)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work over so many connections, and how it went."""

    work: str
    """create, list, md5, zip or notices."""
    connections: int
    laps: Mapping[str, Sequence[Lap]]
    """By course, the one first that is compared with; one per round, side by side."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    wanted: Wanted
    kinds: Sequence[Kind]


def measure(place: Place, folder: Path, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place; files are in the folder. Raises MunimentError."""
    place, files = _prepared(place, folder)
    found: list[_Found] = []
    with _posting(place) as installation, _listening(place) as listener:
        door = _door(installation, place)
        report(f"storing {wanted.listed} frames", 0)
        fill(installation.database, _night(wanted.listed))
        writing = _Writing(place, installation, door, listener, report)
        writing.round("warming up", wanted.warming)
        found += [writing.round(_number(wanted, one), wanted) for one in range(wanted.rounds)]
        if wanted.profile is not None:
            with profiled(installation.processes, wanted.profile / "create"):
                writing.ours("profiling", wanted.readers, _night(wanted.frames))
    with _reading(place, files) as installation:
        door = _door(installation, place)
        held = stock(files, door, new_id(), wanted.files, wanted.file_size)
        reading = _Reading(place, installation, door, held, report)
        reading.check()
        reading.round("warming up", wanted.warming, writing.sent)
        for one, beside in enumerate(found):
            beside.update(reading.round(_number(wanted, one), wanted, writing.sent))
        if wanted.profile is not None:
            reading.profile(wanted, wanted.profile, writing.sent)
    kinds = [
        Kind(*kind, {name: [one[kind][name] for one in found] for name in laps})
        for kind, laps in found[0].items()
    ]
    return Measured(place.name, wanted, sorted(kinds, key=lambda kind: _ORDER.index(kind.work)))


def _number(wanted: Wanted, number: int) -> str:
    return f"round {number + 1} of {wanted.rounds}"


def _prepared(place: Place, folder: Path) -> tuple[Place, Path]:
    """Return the place with a secret of its own, and an empty folder for files of frames."""
    files = folder / "files"
    files.mkdir()
    secret = {"archive_secret": SecretStr(new_secret())}
    return replace(place, settings=place.settings.model_copy(update=secret)), files


def _posting(place: Place) -> AbstractContextManager[Installation]:
    """Run an archive whose files are nowhere: what is posted has no bytes to be looked at."""
    return running(place, _INGEST, announce_archived.CONSUMER.name, alone=True)


def _reading(place: Place, files: Path) -> AbstractContextManager[Installation]:
    """Run the archive with files in a folder, to which its lists link."""
    settings = place.settings.model_copy(update={"archive_store_url": f"file:{files}"})
    return running(replace(place, settings=settings), _INGEST, alone=True)


@contextmanager
def _listening(place: Place) -> Iterator[Listener | None]:
    """Listen to the notices for a block, where there is a broker."""
    if place.embedded:
        yield None
        return
    settings = place.settings
    with listening(broker_of(settings.bus_url), settings.notice_exchange) as listener:
        yield listener


class _Writing:
    """Posts, against the floor's inserts."""

    def __init__(
        self,
        place: Place,
        installation: Installation,
        door: Door,
        listener: Listener | None,
        report: Report,
    ) -> None:
        self._place = place
        self._installation = installation
        self._door = door
        self._listener = listener
        self._report = report
        self.sent: Sequence[Exposure] = ()
        """By the last lap."""

    def round(self, what: str, wanted: Wanted) -> _Found:
        """Let each have its turn over each number of connections."""
        found: _Found = {}
        for connections in wanted.connections:
            self.sent = _night(wanted.frames)
            course = FloorCourse(self._place, "create", connections)
            floor = run_lap(what, course, self.sent, self._report)
            ours, announced = self.ours(what, connections, self.sent)
            found["create", connections] = {course.name: floor, ArchiveCourse.name: ours}
            if announced is not None:
                posts = replace(ours, times=())
                found["notices", connections] = {"creates": posts, "notices": announced}
        return found

    def ours(
        self, what: str, connections: int, things: Sequence[Exposure]
    ) -> tuple[Lap, Lap | None]:
        """Return the lap of posts, and that of their notices, if there is a broker."""
        course = ArchiveCourse(
            self._installation, self._door, "create", connections, self._listener
        )
        return run_lap(what, course, things, self._report), course.announced


class _Reading:
    """Pages, versions and zips, against the floor's queries and cat."""

    def __init__(
        self,
        place: Place,
        installation: Installation,
        door: Door,
        held: Sequence[Held],
        report: Report,
    ) -> None:
        self._place = place
        self._installation = installation
        self._door = door
        self._held = held
        self._report = report
        self._zip = ZipCourse(installation, door)

    def check(self) -> None:
        """Raise MeasurementError unless zips hold what they should."""
        if self._held:
            self._zip.check(self._held)

    def round(self, what: str, wanted: Wanted, sent: Sequence[Exposure]) -> _Found:
        """Let each have its turn with each kind of work."""
        found: _Found = {}
        for work, (connections, things) in self._things(wanted, sent).items():
            floor = FloorCourse(self._place, work, connections)
            found[work, connections] = {
                floor.name: run_lap(what, floor, things, self._report),
                ArchiveCourse.name: self._ours(what, work, connections, things),
            }
        if self._held:
            taken = (CatCourse(), self._zip)
            laps = {one.name: run_lap(what, one, self._held, self._report) for one in taken}
            found["zip", 1] = laps
        return found

    def profile(self, wanted: Wanted, folder: Path, sent: Sequence[Exposure]) -> None:
        """Write profiles of one more round, which does not count."""
        for work, given in self._things(wanted, sent).items():
            with profiled(self._installation.processes, folder / work):
                self._ours("profiling", work, *given)
        if self._held:
            with profiled(self._installation.processes, folder / "zip"):
                run_lap("profiling", self._zip, self._held, self._report)

    def _things(
        self, wanted: Wanted, sent: Sequence[Exposure]
    ) -> Mapping[Work, tuple[int, Sequence[Exposure]]]:
        return {"list": (1, [sent[0]] * wanted.lists), "md5": (wanted.readers, sent)}

    def _ours(self, what: str, work: Work, connections: int, things: Sequence[Exposure]) -> Lap:
        course = ArchiveCourse(self._installation, self._door, work, connections, None)
        return run_lap(what, course, things, self._report)


def _night(count: int) -> Sequence[Exposure]:
    return exposures(new_id(), count)


def _door(installation: Installation, place: Place) -> Door:
    """Return the archive as a superuser of it sees it, who is made if need be."""
    secret = place.settings.archive_secret
    accounts = Accounts(installation.database, clock, new_id, new_secret)
    users = ArchiveUsers(
        installation.database, lambda: "" if secret is None else secret.get_secret_value(), clock
    )
    if users.find(_USER) is None:
        accounts.add_user(_USER, new_secret())
        users.set_rank(_USER, staff=True, superuser=True)
    return Door(installation.host, installation.port, users.token(_USER))
