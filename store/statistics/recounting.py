"""Adding up whole stretches of the ledger, with memory that does not grow with them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sqlalchemy import Executable, RowMapping, Select, func, select

from schemas.capabilities import CAPABILITIES
from store.columns import Row
from store.statistics.counting import Tally, count
from store.statistics.reading import SEEN, seen
from store.tables import counters, events, parked

PAGE = 5000
"""Events that are in memory at once."""

STAND_INS = select(parked.c.replaced_by).where(parked.c.replaced_by.is_not(None))
"""Keys of edited events. Each stands in for a parked one, which has been counted."""
END = select(func.coalesce(func.max(events.c.position), 0).label("position"))
"""The ledger's last position; 0: it is empty."""
_COUNTERS = select(counters).where(counters.c.component.in_(sorted(CAPABILITIES)))


class Reads(Protocol):
    """A database, or one moment of it."""

    def query(self, statement: Executable, parameters: Row | None = None) -> list[RowMapping]:
        """Return the rows of one reading statement."""
        ...


class Recount:
    """What the events that it is shown add up to."""

    def __init__(self, sinces: Mapping[str, int]) -> None:
        """`sinces` says from behind which ledger position the uses of a capability count."""
        self.tally = Tally()
        self.uses = Counter[str]()
        """By capability; the tally's own would take a number for each."""
        self.events = 0
        self.sinces = sinces

    def add(self, rows: Iterable[RowMapping]) -> None:
        """Count the events in rows of `SEEN`, each shown once."""
        found = [seen(row) for row in rows]
        count(found, self.tally)
        self.events += len(found)
        for capability, positions in self.tally.uses.items():
            since = self.sinces.get(capability, 0)
            self.uses[capability] += sum(position > since for position in positions)
        self.tally.uses.clear()


def stretch(after: int, last: int) -> Select[Any]:
    """Return the statement that reads events by position: those behind `after` up to `last`."""
    return SEEN.where(events.c.position > after, events.c.position <= last).order_by(
        events.c.position
    )


def ledger_end(database: Reads) -> int:
    """Return the ledger's last position; 0: it is empty. Nothing ever comes below it."""
    position: int = database.query(END)[0]["position"]
    return position


def capability_counters(database: Reads) -> dict[str, RowMapping]:
    """Return the counters of capabilities that have one, by name."""
    return {row["component"]: row for row in database.query(_COUNTERS)}
