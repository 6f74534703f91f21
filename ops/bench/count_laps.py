"""Laps of counting: through plain SQL, and through `update-stats` from a queue that is full."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Executable, func, select

from consumers.registry import CONSUMERS
from consumers.update_stats import CONSUMER
from ops.bench import floor_counts
from ops.bench.floor_counts import Floor
from ops.bench.floor_laps import floor_lap
from ops.bench.installation import Role, serve
from ops.bench.laps import Lap, Tell
from ops.bench.meters import Meter, cpu_seconds, read, spent
from ops.bench.places import Place
from ops.bench.processes import MeasurementError, child
from ops.bench.profiles import profiled
from ops.buses import Surroundings
from ops.stores import clock, new_id
from ops.wiring import open_bus
from producers.doorbell import Waiters
from store.database import Database
from store.ledger import Entry
from store.tables import inbox, outbox, statistics_totals

_START_SECONDS = 60.0
_PATIENCE_SECONDS = 600.0
_LOOK_SECONDS = 0.02
_AT_ONCE = 1000


class FloorCourse:
    """As many increments, by plain SQL in transactions of 500."""

    def __init__(self, place: Place, *, summed: bool) -> None:
        self.name = "raw floor, added up first" if summed else "raw floor"
        self._place = place
        self._summed = summed

    def run(self, things: Sequence[Entry], tell: Tell) -> Lap:
        """See Course."""
        types = [one.envelope.type for one in things]
        floor = Floor(self._place.settings.database, types, self._summed)
        work = floor_counts.work
        return floor_lap(self._place, work, floor, len(things), tell, start_seconds=_START_SECONDS)


class CountCourse:
    """Through the consumer, in a process of its own: from its full queue to committed figures."""

    name = CONSUMER.name

    def __init__(self, place: Place, database: Database, profile: Path | None = None) -> None:
        self._place = place
        self._database = database
        self._profile = profile

    def run(self, things: Sequence[Entry], tell: Tell) -> Lap:
        """See Course."""
        figures, handled = self._figures(), self._handled()
        self._fill(things)
        settings, role = self._place.settings, Role(consumers=[CONSUMER.name])
        with child("muniment consumer", serve, settings, role) as process, ExitStack() as stack:
            # It begins as soon as it is there.
            process.hear(_START_SECONDS)
            started = monotonic()
            meters: dict[str, Meter] = {"consumer": partial(cpu_seconds, process.pid)}
            meters.update(self._place.servers)
            before = read(meters)
            if self._profile is not None:
                stack.enter_context(profiled({"consumer": process}, self._profile))
            while (done := self._handled() - handled) < len(things):
                if monotonic() > started + _PATIENCE_SECONDS:
                    raise MeasurementError(f"only {done} of {len(things)} were counted in time")
                tell(done)
                sleep(_LOOK_SECONDS)
            seconds = monotonic() - started
            cpu = spent(before, read(meters))
        counted = self._figures() - figures
        lost, doubled = max(0, len(things) - counted), max(0, counted - len(things))
        return Lap(len(things), seconds, cpu, lost, doubled)

    def _fill(self, things: Sequence[Entry]) -> None:
        """Have the events in the ledger, and all of them in the consumer's queue."""
        around = Surroundings(self._database, CONSUMERS, Waiters(new_id()), "bench", clock, new_id)
        ledger = open_bus(self._place.settings, around).ledger
        for start in range(0, len(things), _AT_ONCE):
            with self._database.transaction() as transaction:
                ledger.append(transaction, things[start : start + _AT_ONCE])
        if self._place.embedded:
            return
        deadline = monotonic() + _PATIENCE_SECONDS
        with child("muniment relay", serve, self._place.settings, Role()):
            while self._one(select(func.count().label("found")).select_from(outbox)):
                if monotonic() > deadline:
                    raise MeasurementError("the relay has not filled the queue in time")
                sleep(_LOOK_SECONDS)

    def _figures(self) -> int:
        return self._one(select(func.sum(statistics_totals.c.events).label("found")))

    def _handled(self) -> int:
        counted = select(func.count().label("found")).where(inbox.c.consumer == CONSUMER.name)
        return self._one(counted)

    def _one(self, statement: Executable) -> int:
        return int(self._database.query(statement)[0]["found"] or 0)
