"""The relay: outbox rows go to the broker, and away once it has confirmed them.

What this process has just committed is published from memory. The sweep, each second, takes what
is due and was left by others, by a crash or by a failed publish. A destination that fails is
postponed by itself and does not hold up the rest.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Condition, Thread
from time import monotonic

from producers.ports import Fate, Publisher
from store.database import Database
from store.errors import BrokerUnavailableError, DatabaseUnavailableError
from store.outbox import GRACE, REMOVE, Due, postpone, take_due

WINDOW = 500
"""Rows that share a window of confirms, and one delete."""

_SWEEP_SECONDS = 1.0
_GATHER_SECONDS = 0.005
_MOST_IN_MEMORY = 20_000
_SLOWEST = timedelta(seconds=60)
_log = logging.getLogger(__name__)


class Relay:
    """Publishes on one thread of its own, from `start` to `stop`."""

    def __init__(
        self, database: Database, publisher: Publisher, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._fresh: deque[tuple[float, Due]] = deque()
        self._rings: deque[tuple[str, Sequence[str]]] = deque()
        self._changed = Condition()
        self._stopping = False
        self._streaming = False
        """Several left together the last time: it pays to wait for more."""
        self._thread = Thread(target=self._run, name="relay")

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is in memory, if the broker takes it, and end. The rows stay if not."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._publisher.close()

    def offer(self, rows: Sequence[Due]) -> None:
        """Take rows that have just been committed. What does not fit is left to the sweep."""
        now = monotonic()
        with self._changed:
            room = _MOST_IN_MEMORY - len(self._fresh)
            self._fresh.extend((now, row) for row in rows[:room])
            self._changed.notify()

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Ring a doorbell elsewhere, soon."""
        with self._changed:
            self._rings.append((address, operations))
            self._changed.notify()

    def _run(self) -> None:
        swept = 0.0
        running = True
        while running:
            rows, rings, stopping = self._wait(swept + _SWEEP_SECONDS)
            running = not stopping
            try:
                # Somebody waits for a ring, and nobody for its confirm: it goes first.
                for address, operations in rings:
                    self._publisher.ring(address, operations)
                self._publish_fresh(rows)
                running = running or bool(rows)
                if running and monotonic() >= swept + _SWEEP_SECONDS:
                    while self._sweep() == WINDOW and not self._stopping:
                        pass
                    swept = monotonic()
            except (BrokerUnavailableError, DatabaseUnavailableError) as error:
                # The rows are in the database: forgetting them here loses nothing.
                _log.warning("publishing waits: %s", error)
                self._pause()
            except Exception:  # noqa: BLE001 - without the thread nothing leaves any more
                _log.exception("publishing failed")
                self._pause()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, _SWEEP_SECONDS)

    def _wait(self, until: float) -> tuple[list[Due], list[tuple[str, Sequence[str]]], bool]:
        with self._changed:
            self._changed.wait_for(
                lambda: self._fresh or self._rings or self._stopping,
                max(0.0, until - monotonic()),
            )
            if self._streaming:
                self._changed.wait_for(
                    lambda: len(self._fresh) >= WINDOW or self._rings or self._stopping,
                    _GATHER_SECONDS,
                )
            oldest = monotonic() - GRACE.total_seconds()
            rows: list[Due] = []
            while self._fresh and len(rows) < WINDOW:
                since, row = self._fresh.popleft()
                if since > oldest:
                    rows.append(row)
            self._streaming = len(rows) > 1
            rings = list(self._rings)
            self._rings.clear()
            return rows, rings, self._stopping

    def _publish_fresh(self, rows: Sequence[Due]) -> None:
        if not rows:
            return
        fates = self._publisher.publish(rows)
        # What was refused keeps its row; the sweep meets it when the grace is over.
        confirmed = [r.id for r, fate in zip(rows, fates, strict=True) if fate is Fate.CONFIRMED]
        if confirmed:
            self._database.run(REMOVE, {"ids": confirmed})

    def _sweep(self) -> int:
        now = self._clock()
        with self._database.transaction() as transaction:
            rows = take_due(transaction, now, WINDOW)
            if not rows:
                return 0
            fates = self._publisher.publish(rows)
            confirmed = []
            for row, fate in zip(rows, fates, strict=True):
                if fate is Fate.CONFIRMED:
                    confirmed.append(row.id)
                else:
                    _log.warning("%s %s by %s", row.envelope.type, fate.value, row.destination)
                    postpone(transaction, [row.id], now + _patience(row.tries))
            if confirmed:
                transaction.execute(REMOVE, {"ids": confirmed})
        return len(rows)


def _patience(tries: int) -> timedelta:
    return min(_SLOWEST, timedelta(seconds=2 ** min(tries, 10)))
