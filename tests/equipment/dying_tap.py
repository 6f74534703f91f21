"""A process that copies a ledger to Kafka, and dies at a named instant, as by kill -9.

Run as `python -m tests.equipment.dying_tap INSTANT DATABASE_URL FOLDER KAFKA_URL TOPIC`.
"""

import os
import signal
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from threading import Event
from typing import cast

from producers.kafka_records import Ends, Record
from producers.kafka_topic import KafkaTopic
from tests.equipment.tapping import PATIENCE_SECONDS, tapping, topic_of
from tests.equipment.world import open_world

INSTANTS = {
    "before the topic is opened": "before open",
    "after the topic was opened, before the first batch": "before send 1",
    "in the middle of the first batch": "middle of 1",
    "at the last record of the first batch": "end of 1",
    "after the first batch, before its position is kept": "after send 1",
    "before the second batch": "before send 2",
    "in the middle of the second batch": "middle of 2",
    "after the second batch, before its position is kept": "after send 2",
}


class _Deadly:
    """A record that kills whoever is about to send it."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __getattr__(self, name: str) -> object:
        if name == "headers":
            os.kill(os.getpid(), signal.SIGKILL)
        return getattr(self._record, name)


class DeadlyTopic:
    """A topic that kills its process at an instant."""

    def __init__(self, topic: KafkaTopic, fatal: str) -> None:
        self._topic = topic
        self._fatal = fatal
        self._batches = count(1)

    def open(self) -> Ends:
        """Begin anew."""
        self._reach("before open")
        return self._topic.open()

    def send(self, records: Sequence[Record]) -> int:
        """Send, perhaps not all."""
        number = next(self._batches)
        self._reach(f"before send {number}")
        sent = list(records)
        for place, instant in ((len(sent) // 2, "middle"), (-1, "end")):
            if self._fatal == f"{instant} of {number}":
                sent[place] = cast("Record", _Deadly(sent[place]))
        new = self._topic.send(sent)
        self._reach(f"after send {number}")
        return new

    def ends(self) -> Ends:
        """Return what is there."""
        return self._topic.ends()

    def close(self) -> None:
        """Let go."""
        self._topic.close()

    def _reach(self, at: str) -> None:
        if at == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)


def main(instant: str, database_url: str, folder: str, kafka_url: str, name: str) -> None:
    """Copy until the instant comes, and no further."""
    with open_world([], database_url=database_url, folder=Path(folder)) as world:
        topic = DeadlyTopic(topic_of(kafka_url, name), INSTANTS[instant])
        with tapping(world, topic, process="dying"):
            Event().wait(PATIENCE_SECONDS)
    sys.exit(f"the instant {instant!r} did not come")


if __name__ == "__main__":
    main(*sys.argv[1:])
