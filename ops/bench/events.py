"""`bench events`: from an HTTP request to a row and a confirmed follow-on, against the floor.

Floor and Muniment take turns, so that whatever else the machine does meets both alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from consumers.answer_probe import CONSUMER
from ops.bench import latency
from ops.bench.bus_laps import BusCourse
from ops.bench.floors import AmqpFloor, SqliteFloor
from ops.bench.installation import Installation, running
from ops.bench.laps import Course, Lap, Report, run_lap
from ops.bench.places import Place
from ops.bench.profiles import profiled
from ops.bench.vhosts import broker_of
from ops.bench.witnesses import LedgerWitness, QueueWitness, Witness
from ops.stores import new_id


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be measured."""

    events: int = 10_000
    """Per lap."""
    connections: Sequence[int] = (16, 64)
    batch: int = 100
    rounds: int = 3
    latencies: int = 300
    profile: Path | None = None
    """Where profiles of one more lap, which does not count, are written."""

    @property
    def total(self) -> int:
        """How many events will have gone through in the end."""
        laps = (len(self.connections) + 2) * self.rounds + 1 + (self.profile is not None)
        return laps * self.events + 2 * self.latencies


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured."""

    place: str
    laps: Mapping[str, Sequence[Lap]]
    """By course, the floor first; one per round, side by side."""
    latency: latency.Latency


def measure(place: Place, wanted: Wanted, report: Report) -> Measured:
    """Measure in an empty place. Raises MunimentError."""
    with running(place, CONSUMER.name) as installation, ExitStack() as stack:
        witness = stack.enter_context(_witness(place, installation))
        floor: Course[str] = stack.enter_context(_floor(place))
        fewest = min(wanted.connections)
        pairs = [(number, 1) for number in wanted.connections] + [(fewest, wanted.batch)]
        courses: list[Course[str]] = [floor]
        courses += [BusCourse(installation, witness, *pair) for pair in pairs]
        run_lap("warming up", courses[-1], _ids(wanted), report)
        laps: dict[str, list[Lap]] = {course.name: [] for course in courses}
        for number in range(1, wanted.rounds + 1):
            for course in courses:
                what = f"round {number} of {wanted.rounds}"
                laps[course.name].append(run_lap(what, course, _ids(wanted), report))
        found = _latency(installation, witness, wanted.latencies, report)
        if wanted.profile is not None:
            with profiled(installation.processes, wanted.profile):
                run_lap("profiling", courses[len(wanted.connections)], _ids(wanted), report)
    return Measured(place.name, laps, found)


def _ids(wanted: Wanted) -> list[str]:
    return [new_id() for _ in range(wanted.events)]


def _latency(
    installation: Installation, witness: Witness, events: int, report: Report
) -> latency.Latency:
    def tell(_: int) -> None:
        report("one at a time", 1)

    # The first ones meet cold caches and a consumer that is being connected.
    latency.measure(installation, witness, [new_id() for _ in range(events)], tell)
    return latency.measure(installation, witness, [new_id() for _ in range(events)], tell)


def _floor(place: Place) -> AbstractContextManager[Course[str]]:
    return SqliteFloor(place).prepared() if place.embedded else AmqpFloor(place).prepared()


@contextmanager
def _witness(place: Place, installation: Installation) -> Iterator[Witness]:
    if place.embedded:
        yield LedgerWitness(installation)
    else:
        with QueueWitness(broker_of(place.settings.bus_url)).bound() as witness:
            yield witness
