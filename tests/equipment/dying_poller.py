"""A process that makes polls and dies at a named instant, as by kill -9.

Run as `python -m tests.equipment.dying_poller INSTANT DATABASE_URL BUS_URL FOLDER`.
"""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag

from consumers.poll_service import CONSUMER, poll_service
from schemas.base import Event
from schemas.polls import PollRequested
from store.components.ports import Answer, Pollster
from store.ports import Work
from tests.equipment.world import PATIENCE_SECONDS, open_world

INSTANTS = (
    "before the poll",
    "after the answer",
    "after its rows",
    "after the commit",
)


def die() -> None:
    """End at once."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Dying:
    """Polls, and dies before or after."""

    pollster: Pollster
    instant: str

    def poll(self, url: str) -> Answer:
        """Poll, if there is time."""
        if self.instant == "before the poll":
            die()
        answer = self.pollster.poll(url)
        if self.instant == "after the answer":
            die()
        return answer


def main(instant: str, database_url: str, bus_url: str, folder: str) -> None:
    """Work until the instant comes."""

    def handle(event: PollRequested, work: Work) -> Sequence[Event]:
        if instant == "after the commit":
            work.on_commit(die)
        told = poll_service(event, work)
        if instant == "after its rows":
            die()
        return told

    consumer = replace(CONSUMER, handle=handle)
    with open_world(
        [consumer],
        database_url=database_url,
        bus_url=bus_url,
        folder=Path(folder),
        instance="dying",
    ) as world:
        world.pollster = Dying(world.pollster, instant)
        with world.working(consumer):
            Flag().wait(PATIENCE_SECONDS)
    sys.exit(f"the instant {instant!r} did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
