"""A lap of a raw floor: a process of its own does the work, and times it."""

from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

from ops.bench.floor_jobs import DONE
from ops.bench.laps import Lap, Tell
from ops.bench.meters import Meter, cpu_seconds, read, spent
from ops.bench.places import Place
from ops.bench.processes import child
from ops.bench.timing import follow

Floor = TypeVar("Floor")
"""What is to be done."""


def floor_lap(  # noqa: PLR0913 - what a lap is made of
    place: Place,
    work: Callable[[Connection, Floor], None],
    floor: Floor,
    count: int,
    tell: Tell,
    *,
    start_seconds: float,
) -> Lap:
    """Have `work` do so many things; it may take so long until it says that it can begin."""
    with child("floor", work, floor) as process:
        process.hear(start_seconds)
        meters: dict[str, Meter] = {"floor": partial(cpu_seconds, process.pid)}
        meters.update(place.servers)
        before = read(meters)
        process.tell()
        done = follow(process, tell, DONE)
        cpu = spent(before, read(meters))
    return Lap(count, done.ended - done.started, cpu, count - len(done.times), 0, done.times)
