"""A process that builds packages until the one request for one has ended.

Run as `python -m tests.equipment.packing DATABASE_URL BUS_URL FOLDER AHEAD PAGE SECONDS`; its clock
is AHEAD seconds before ours, pages are of PAGE rows, and it has SECONDS in all.
"""

import sys
from datetime import timedelta
from pathlib import Path

from consumers.zip_dataset import FAST, SLOW
from ops.timekeeper import Chore, Timekeeper
from schemas.packaging import Packaging
from store import tables
from tests.equipment.world import open_world
from tests.services.waiting import until


def main(  # noqa: PLR0913, PLR0917 - the command line
    database_url: str, bus_url: str, folder: str, ahead: str, page: str, seconds: str
) -> None:
    """Work until the one request has ended."""
    with open_world(
        [FAST, SLOW],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="packing",
    ) as world:
        world.packaging = Packaging(page_size=int(page), checkpoint_seconds=0)
        world.clock.advance(timedelta(seconds=float(ahead)))
        timekeeper = Timekeeper([Chore("sweeping", 0.2, world.sweeper.sweep)])
        timekeeper.start()
        try:
            with world.working(SLOW):
                until(
                    lambda: world.count(tables.inbox, consumer=SLOW.name) == 1,
                    seconds=float(seconds),
                    what="the package",
                )
        finally:
            timekeeper.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
