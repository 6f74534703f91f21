"""`bench stats`: events counted by `update-stats`, against plain batched increments in SQL.

Floors and Muniment take turns, so that whatever else the machine does meets both alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from consumers.update_stats import CONSUMER
from ops.bench.count_laps import CountCourse, FloorCourse
from ops.bench.floor_counts import make_table
from ops.bench.laps import Course, Lap, Report, run_lap
from ops.bench.places import Place
from ops.bench.tables import courses, table
from ops.stores import clock, new_id, open_store, prepare
from ops.topology import apply
from ops.wiring import topology
from producers.stamping import Stamp
from schemas.base import Event
from schemas.envelope import Envelope
from schemas.files import FileArchived, FileIngestRequested
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.records import RecordCreated
from store.ledger import Entry, EntryKind

_MANUAL = (
    "Figures are medians over the rounds (least-most). ratio: events/s against the raw floor of "
    "the same round, which increments a count by type for each event, 500 in a transaction, and "
    "does nothing else. Added up first, it writes one row for each type. update-stats takes every "
    "event from its queue, finds it and its cause in the ledger, remembers that it was counted, "
    "and keeps counts, bytes and durations by hour, type and resource. Only ratios of one run can "
    "be compared. CPU of broker and database is that of the whole server, whoever else uses it."
)
_INSTRUMENTS = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    events: int = 20_000
    """Per lap."""
    rounds: int = 3
    profile: Path | None = None
    """Where a profile of one more lap, which does not count, is written."""

    @property
    def total(self) -> int:
        """How many events will have gone through in the end."""
        return (3 * self.rounds + 1 + (self.profile is not None)) * self.events


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    laps: Mapping[str, Sequence[Lap]]
    """By course, the floor first; one per round, side by side."""


def measure(place: Place, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place. Raises MunimentError."""
    with ExitStack() as stack:
        store = stack.enter_context(open_store(place.settings))
        prepare(store, may_upgrade=True)
        make_table(place.settings.database)
        if not place.embedded:
            apply(place.settings.bus_url, topology(place.settings))
        ours = CountCourse(place, store.database)
        found: list[Course[Entry]] = [
            FloorCourse(place, summed=False),
            FloorCourse(place, summed=True),
            ours,
        ]
        run_lap("warming up", ours, _entries(wanted), report)
        laps: dict[str, list[Lap]] = {course.name: [] for course in found}
        for number in range(1, wanted.rounds + 1):
            for course in found:
                what = f"round {number} of {wanted.rounds}"
                laps[course.name].append(run_lap(what, course, _entries(wanted), report))
        if wanted.profile is not None:
            profiling = CountCourse(place, store.database, wanted.profile)
            run_lap("profiling", profiling, _entries(wanted), report)
    return Measured(place.name, laps)


def statistics_json(measured: Measured) -> dict[str, Any]:
    """Return what `bench stats` prints for programs."""
    return {
        "place": measured.place,
        "courses": [asdict(one) for one in courses(measured.laps)],
    }


def print_statistics(console: Console, measured: Measured) -> None:
    """Print what `bench stats` prints for people."""
    console.print(table(measured.place, "events", courses(measured.laps)))
    console.print(f"\n{_MANUAL}", style="dim")


def _entries(wanted: Wanted) -> Sequence[Entry]:
    stamp = Stamp("/bench", clock, new_id)
    made = [one for number in range(1, wanted.events // 5 + 2) for one in _some(stamp, number)]
    return made[: wanted.events]


def _some(stamp: Stamp, number: int) -> Iterator[Entry]:
    """Yield what happens when a file is archived, a probe answered and a record made."""
    name = f"{number}.fits"
    asked = stamp.put_on(FileIngestRequested(name=name, source="upload:x"))
    yield _entry(asked, "accepted")
    yield _entry(stamp.put_on(_archived(name, number), cause=asked), "emitted")
    probed = stamp.put_on(ProbeRequested(probe=name))
    yield _entry(probed, "accepted")
    yield _entry(stamp.put_on(ProbeAnswered(probe=name, position=number), cause=probed), "emitted")
    yield _entry(stamp.put_on(_created(number), cause=asked), "emitted")


def _entry(envelope: Envelope, kind: EntryKind) -> Entry:
    return Entry(envelope, kind, "bench", clock(), queue=CONSUMER.name)


def _archived(name: str, number: int) -> Event:
    return FileArchived(
        file_id=name,
        name=name,
        version=1,
        object_key=f"content/{name}",
        size=1000 + number,
        sha256="0" * 64,
        md5="0" * 32,
        media_type="image/fits",
        archived_at=clock(),
        url=f"http://127.0.0.1/files/{name}/content",
        instrument=f"kb{number % _INSTRUMENTS:02}",
    )


def _created(number: int) -> Event:
    return RecordCreated(project="reef", label=str(number), user="bench", revision=1)
