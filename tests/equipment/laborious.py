"""A process that does long work page by page, and dies in the middle of a page when told to.

Run as `python -m tests.equipment.laborious FATAL_PAGE DATABASE_URL BUS_URL FOLDER AHEAD`; its clock
is AHEAD seconds before ours. The pages that were begun are written to `pages` in the folder.
"""

import os
import signal
import sys
from collections.abc import Sequence
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

PAGES = 10


def consumer(folder: Path, fatal: int) -> Consumer[ProbeRequested]:
    """Return the consumer of long work."""

    def handle(event: ProbeRequested, work: Work) -> Sequence[Event]:
        begun = work.resumed
        for page in range(begun if isinstance(begun, int) else 0, PAGES):
            with (folder / "pages").open("a") as pages:
                pages.write(f"{page}\n")
            if page == fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            work.progress(page + 1, PAGES, "pages")
            work.checkpoint(page + 1)
        work.probes.add(work.key, event.probe, work.now)
        return [ProbeAnswered(probe=event.probe, position=work.position)]

    return prober(handle, long=True)


def main(fatal: str, database_url: str, bus_url: str, folder: str, ahead: str) -> None:
    """Work until the one event has ended, or the page comes."""
    laborious = consumer(Path(folder), int(fatal))
    with open_world(
        [laborious],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="laborious",
    ) as world:
        world.clock.advance(timedelta(seconds=float(ahead)))
        timekeeper = Timekeeper([Chore("sweeping", 0.2, world.sweeper.sweep)])
        timekeeper.start()
        try:
            with world.working(laborious):
                until(
                    lambda: world.count(tables.inbox) == 1,
                    seconds=PATIENCE_SECONDS,
                    what="the work to end",
                )
        finally:
            timekeeper.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
