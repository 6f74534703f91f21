"""A process that runs one consumer and dies at a named instant, as by kill -9.

Run as `python -m tests.equipment.dying INSTANT DATABASE_URL BUS_URL FOLDER [CONSUMER]`.
"""

import os
import signal
import sys
from pathlib import Path
from threading import Event

from consumers.registry import CONSUMERS
from tests.equipment.objects import InterceptedObjects
from tests.equipment.sources import Intercepted
from tests.equipment.world import PATIENCE_SECONDS, open_world

INSTANTS = {
    "before the handler": "after take",
    "in the middle of copying": "written",
    "after the copy is whole": "created",
    "before the object is moved": "move",
    "after the object's effects": "moved",
    "before the commit": "before settle",
    "at the end of the transaction": "after settle",
    "after the commit, before the acknowledgement": "before acknowledge",
    "after the acknowledgement": "after acknowledge",
}


def main(
    instant: str, database_url: str, bus_url: str, folder: str, name: str = "ingest-file"
) -> None:
    """Work until the instant comes, and no further."""
    fatal = INSTANTS[instant]
    (consumer,) = (one for one in CONSUMERS if one.name == name)

    def reach(at: str) -> None:
        if at == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_world(
        [consumer],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="dying",
    ) as world:
        world.objects = InterceptedObjects(world.objects, reach)
        with world.working(
            consumer,
            around=lambda source: Intercepted(
                source,
                before=lambda call: reach(f"before {call}"),
                after=lambda call: reach(f"after {call}"),
            ),
        ):
            Event().wait(PATIENCE_SECONDS)
    sys.exit(f"the instant {instant!r} did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
