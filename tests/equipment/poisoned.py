"""A process whose handler takes it down when it meets a certain probe.

Run as `python -m tests.equipment.poisoned HOW DATABASE_URL BUS_URL FOLDER AHEAD`; its clock is
AHEAD seconds before ours.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from consumers.contract import Consumer
from ops.timekeeper import Chore, Timekeeper
from schemas.base import Event
from schemas.probes import ProbeAnswered, ProbeRequested
from store import tables
from store.ports import Work
from tests.equipment.probing import prober
from tests.equipment.world import PATIENCE_SECONDS, open_world
from tests.services.waiting import until

POISON = "poison"
ENDS: dict[str, Callable[[], object]] = {
    "it leaves": lambda: os._exit(1),
    "it is killed, as for want of memory": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "it reads where nothing is": lambda: ctypes.string_at(0),
}


def consumer(how: str) -> Consumer[ProbeRequested]:
    """Return the consumer: it takes ten at once, so that the poison has neighbours."""

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        work.probes.add(work.key, event.probe, work.now)
        if event.probe == POISON:
            ENDS[how]()
        return [ProbeAnswered(probe=event.probe, position=work.position)]

    return prober(handle, batch=10, prefetch=20)


def main(how: str, database_url: str, bus_url: str, folder: str, ahead: str) -> None:
    """Work until everything has ended, or it ends this process."""
    worker = consumer(how)
    with open_world(
        [worker], database_url=database_url, bus_url=bus_url, folder=Path(folder), instance=how
    ) as world:
        world.clock.advance(timedelta(seconds=float(ahead)))
        world.lease = timedelta(seconds=1)
        timekeeper = Timekeeper([Chore("sweeping", 0.2, world.sweeper.sweep)])
        timekeeper.start()
        try:
            with world.working(worker):
                until(
                    lambda: world.count(tables.parked) == 1 and world.at_rest(),
                    seconds=PATIENCE_SECONDS,
                    what="the poison to be parked",
                )
        finally:
            timekeeper.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
