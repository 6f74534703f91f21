"""A process that runs one consumer and dies at a named instant, as by kill -9.

Run as `python -m tests.equipment.dying INSTANT DATABASE_URL BUS_URL FOLDER [CONSUMER]`;
clients of the archive share `FOLDER/files` with it, where that is.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import Any

from consumers.registry import CONSUMERS
from schemas.base import Event
from store.file_stores.folder import FolderFileStore
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
    "right before the commit": "all written",
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

    def handle(event: Any, work: Any) -> Sequence[Event]:  # noqa: ANN401 - those of the consumer
        follow_ons = consumer.handle(event, work)
        # Behind what the handler itself has left for the end.
        work.transaction.before_commit(lambda: reach("all written"))
        return follow_ons

    with open_world(
        [consumer],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="dying",
    ) as world:
        if (shared := Path(folder) / "files").is_dir():
            world.file_store = FolderFileStore(shared)
        world.objects = InterceptedObjects(world.objects, reach)
        with world.working(
            replace(consumer, handle=handle),
            around=lambda source: Intercepted(
                source,
                before=lambda call: reach(f"before {call}"),
                after=lambda call: reach(f"after {call}"),
            ),
        ):
            Flag().wait(PATIENCE_SECONDS)
    sys.exit(f"the instant {instant!r} did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
