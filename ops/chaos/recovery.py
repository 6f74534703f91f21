"""How long it takes from a fault until the next event has ended, as seen from outside."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic

from sqlalchemy import func, select

from store.database import Database
from store.errors import DatabaseUnavailableError
from store.tables import events

_LOOK_SECONDS = 0.05


@dataclass
class Recovery:
    """Looks into the ledger again and again, on a thread of its own."""

    database: Database
    stopping: Event
    ended: int = 0
    """How many follow-ons there are."""
    _times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _struck: list[tuple[str, float]] = field(default_factory=list)
    _armed: list[tuple[str, float]] = field(default_factory=list)
    _position: int = 0
    _lock: Lock = field(default_factory=Lock)

    def struck(self, kind: str) -> None:
        """A fault has just happened: measure from now on."""
        with self._lock:
            self._struck.append((kind, monotonic()))

    @property
    def times(self) -> Mapping[str, list[float]]:
        """Seconds, by kind of fault; what the run's end came before is left out."""
        with self._lock:
            return {kind: list(found) for kind, found in self._times.items()}

    def run(self) -> None:
        """Look until told to stop."""
        while not self.stopping.wait(_LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        with self._lock:
            struck, self._struck = self._struck, []
        statement = select(func.count().label("ended"), func.max(events.c.position).label("last"))
        after = (events.c.position > self._position, events.c.entry == "emitted")
        try:
            found = self.database.query(statement.where(*after))[0]
        except DatabaseUnavailableError:
            found = None
        if found is not None and found["ended"]:
            self.ended += found["ended"]
            self._position = found["last"]
            now = monotonic()
            with self._lock:
                for kind, since in self._armed:
                    self._times[kind].append(now - since)
            self._armed = []
        # What had ended before these faults has been counted: only what comes now is after them.
        self._armed += struck
