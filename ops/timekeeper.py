"""The timekeeper: does what is to be done again and again, on a thread of its own.

Every process has one. What it does is safe to do in several at once.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

from store.errors import UnavailableError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to be done again and again."""

    name: str
    every_seconds: float
    do: Callable[[], object]
    """May raise; it is done again next time."""


class Timekeeper:
    """Does its chores from `start` to `stop`, each for the first time at once."""

    def __init__(self, chores: Sequence[Chore]) -> None:
        self._due = dict.fromkeys(chores, 0.0)
        self._waiting: set[Chore] = set()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="timekeeper")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            for chore, due in self._due.items():
                if monotonic() >= due and not self._stopping.is_set():
                    self._do(chore)
                    self._due[chore] = monotonic() + chore.every_seconds
            if self._stopping.wait(max(0.0, min(self._due.values()) - monotonic())):
                return

    def _do(self, chore: Chore) -> None:
        try:
            chore.do()
            self._waiting.discard(chore)
        except UnavailableError as error:
            # Said once per outage: a chore of each second would fill the log.
            level = logging.DEBUG if chore in self._waiting else logging.WARNING
            self._waiting.add(chore)
            _log.log(level, "%s waits: %s", chore.name, error)
        except Exception:  # noqa: BLE001 - the thread serves the other chores, too
            _log.exception("%s failed", chore.name)
