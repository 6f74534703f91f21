"""Copies the ledger to Kafka, event by event and in its order.

It has no queue: the ledger is the log, and its positions are offsets. So Kafka may be away for
days: nothing piles up for it, and nothing is lost. One process copies at a time; the others wait
for it to die.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from threading import Thread
from time import monotonic
from typing import Protocol

from consumers.runtime.equipment import Equipment
from consumers.runtime.pausing import Pauses
from producers.kafka_records import NOTHING, Ends, Record, record_of
from store import taps
from store.database import Database
from store.errors import KafkaUnavailableError, UnavailableError
from store.leases import Span
from store.views import events_after, ids_at

NAME = "tap-kafka"

_BATCH = 500
_IDLE_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Topic(Protocol):
    """Where the ledger is copied to: see `producers.kafka_topic.KafkaTopic`."""

    def open(self) -> Ends:
        """Begin anew, alone: return the last record of each partition."""
        ...

    def send(self, records: Sequence[Record]) -> int:
        """Have all of them there, each once; return how many were not."""
        ...

    def ends(self) -> Ends:
        """Return the same while others may send; raise KafkaUnavailableError while it is down."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


class TapKafka:
    """Copies from `start` to `stop`, on one thread."""

    name = NAME

    def __init__(self, row: str, topic: Topic, equipment: Equipment) -> None:
        """Take turns with every other that has the same `row` of the table `taps`."""
        self._row = row
        self._topic = topic
        self._database = equipment.database
        self._telemetry = equipment.telemetry
        self._clock = equipment.clock
        self._process = equipment.process
        self._lease = equipment.lease
        probes = {"database": self._database.check, KafkaUnavailableError.dependency: self._look}
        self._pauses = Pauses(NAME, self._telemetry, self._clock, probes)
        self._thread = Thread(target=self._run, name=NAME)

    @property
    def waits(self) -> tuple[str | None, datetime]:
        """The dependency it waits for, or None, and since when."""
        return self._pauses.waits

    def start(self) -> None:
        """Begin to copy, or to wait for who does."""
        self._thread.start()

    def drain(self) -> None:
        """Begin no other batch."""
        self._pauses.stopping.set()

    def stop(self, seconds: float) -> bool:
        """Drain, and wait for what is at work. False when it was not done in time."""
        self.drain()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # --- on its thread --------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._pauses.stopping.is_set():
            try:
                tap = self._acquired()
                if tap is None:
                    self._pauses.stopping.wait(_IDLE_SECONDS)
                else:
                    self._copy(tap)
            except UnavailableError as error:
                self._pauses.pause(error)
            except Exception:  # noqa: BLE001 - without its thread it looks well and does nothing
                _log.exception("%s: nothing could be copied", NAME)
                self._pauses.breathe()
        self._topic.close()

    def _acquired(self) -> taps.Tap | None:
        span = self._span()
        there = taps.read(self._database).get(self._row)
        if there is not None and there.until is not None and there.until >= span.now:
            return None
        with self._database.transaction() as transaction:
            return taps.acquire(transaction, self._row, self._process, span)

    def _look(self) -> None:
        _vouch(self._database, self._topic.ends())

    def _copy(self, tap: taps.Tap) -> None:
        """Copy until told to stop, or taken for dead; leave the rest to others in any case."""
        try:
            there = self._topic.open()
            _vouch(self._database, there)
            self._follow(tap, resumption(tap.position, there))
        finally:
            self._topic.close()
            with self._database.transaction() as transaction:
                taps.give_up(transaction, tap)

    def _follow(self, tap: taps.Tap, position: int) -> None:
        beaten = self._clock()
        while not self._pauses.stopping.is_set():
            began = monotonic()
            batch = events_after(self._database, position, _BATCH).events
            span = self._span()
            if batch:
                new = self._topic.send([record_of(one) for one in batch])
                position = batch[-1].position
                span = self._span()
                with self._database.transaction() as transaction:
                    is_mine = taps.move(transaction, tap, position, span)
                self._telemetry.ended(NAME, "succeeded", new)
                self._telemetry.ended(NAME, "repeated", len(batch) - new)
                self._telemetry.took(NAME, monotonic() - began, len(batch))
            elif span.now - beaten > self._lease / 3:
                with self._database.transaction() as transaction:
                    is_mine = taps.beat(transaction, tap, span.until)
            else:
                self._pauses.stopping.wait(_IDLE_SECONDS)
                continue
            beaten = span.now
            if not is_mine:
                _log.warning("%s was taken for dead; another process goes on", NAME)
                return

    def _span(self) -> Span:
        now = self._clock()
        return Span(now, now + self._lease)


def _vouch(database: Database, there: Ends) -> None:
    """See that the topic holds this ledger and no other: else its positions would mislead us.

    That is so with the topic of another installation, and after a backup of the database was
    restored that is older than the topic. Raises KafkaUnavailableError.
    """
    found = {number: last for number, last in there.items() if last and last != NOTHING}
    ids = ids_at(database, [last.position for last in found.values()])
    for number, last in sorted(found.items()):
        if ids.get(last.position) != last.id:
            raise KafkaUnavailableError(
                f"partition {number} of the topic ends with event {last.id} at ledger position "
                f"{last.position}, which this ledger does not have there: it is another's, or a "
                "backup was restored. MUNIMENT_KAFKA_TOPIC has to name another topic"
            )


def resumption(position: int, there: Ends) -> int:
    """Return the ledger position to go on after.

    That is where the tap has left off, unless the topic has lost its end since: it was deleted, or
    servers died with what they had acknowledged. Then it gets again what it has lost. A partition
    that had records removed for their age does not tell what it had.
    """
    found = [last.position for last in there.values() if last]
    if len(found) < len(there) or max(found, default=0) >= position:
        return position
    _log.warning("%s: the topic has lost events up to position %d", NAME, position)
    return min(found, default=0)
