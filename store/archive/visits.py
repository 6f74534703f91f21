"""How often somebody has come in the last 24 hours: what throttles readers of the archive.

Every process counts in memory, and once in a while adds what it has counted to the rows that all
share, one per visitor and minute. So a visitor may come a little oftener than allowed in the second
before processes tell one another, and a process that dies takes a second's counts along: nothing
that matters. Visitors are `user:NAME` or `address:IP`.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from store.archive.visit_rows import DAY, MINUTE, Visited, add_visits, minute_of, read_visits
from store.database import Database

_MOST = 50_000
"""Visitors that a process knows at once; of more, the half is forgotten that came longest ago."""


@dataclass(slots=True)
class _Known:
    """What this process knows of a visitor."""

    seen: datetime
    requests: int = 0
    """In all rows, when they were last read, or on the way there."""
    oldest: int | None = None
    """The minute of the first of these."""
    pending: int = 0
    """Counted since."""
    wanted: bool = True
    """The rows should be read: something has changed, or somebody was refused."""


class ArchiveVisits:
    """Counts visits. Safe to use from many threads; only `flush` blocks."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Share what is counted in `database`."""
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._known: dict[str, _Known] = {}
        self._counted: Counter[tuple[str, int]] = Counter()

    def visit(self, visitor: str, limit: int) -> int | None:
        """Count a visit, or return in how many seconds there is room for one, at most `DAY`.

        What is refused is not counted.
        """
        now = self._clock()
        minute = minute_of(now)
        with self._lock:
            known = self._known.get(visitor)
            if known is None:
                known = self._known[visitor] = _Known(now)
            known.seen, known.wanted = now, True
            wait = DAY if known.oldest is None else _wait(known.oldest, now)
            if known.requests + known.pending >= limit and wait > 0:
                return min(DAY, wait)
            known.pending += 1
            known.oldest = minute if known.oldest is None else known.oldest
            self._counted[visitor, minute] += 1
        return None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to tell or to ask."""
        return not any(known.wanted for known in self._known.copy().values())

    def flush(self) -> None:
        """Add what was counted to the rows, and read what all processes have counted.

        Raises DatabaseUnavailableError; what was counted is then told the next time.
        """
        now = self._clock()
        with self._lock:
            counted, self._counted = self._counted, Counter()
            self._forget()
            wanted = sorted(name for name, known in self._known.items() if known.wanted)
            told = {name: self._known[name].pending for name in wanted}
            for name in wanted:
                self._known[name].wanted = False
        try:
            if counted:
                add_visits(self._database, counted)
        except Exception:
            with self._lock:
                self._counted += counted
                self._want(wanted)
            raise
        try:
            found = {one.visitor: one for one in read_visits(self._database, now, wanted)}
        except Exception:
            with self._lock:
                self._settle(told)
                self._want(wanted)
            raise
        with self._lock:
            self._settle(told, found)

    def _forget(self) -> None:
        if len(self._known) <= _MOST:
            return
        by_age = sorted(self._known.items(), key=lambda one: one[1].seen)
        self._known = dict(by_age[-_MOST // 2 :])

    def _want(self, names: Collection[str]) -> None:
        for name in names:
            if name in self._known:
                self._known[name].wanted = True

    def _settle(self, told: dict[str, int], found: dict[str, Visited] | None = None) -> None:
        """Take what was told from what is pending: it is in the rows, as read or as reckoned."""
        for name, pending in told.items():
            known = self._known.get(name)
            if known is None:
                continue
            known.pending -= pending
            if found is None:
                known.requests += pending
            else:
                row = found.get(name)
                known.requests = 0 if row is None else row.requests
                known.oldest = None if row is None else minute_of(row.oldest)
                if known.oldest is None and known.pending:
                    known.oldest = minute_of(known.seen)


def _wait(oldest: int, now: datetime) -> int:
    """Return in how many seconds the last of a minute's visits is a day old; below 1: it is."""
    return (oldest + 1) * MINUTE + DAY - int(now.timestamp())
