"""Counting events while they are handled: each batch in one go, right before its commit."""

from datetime import datetime

from sqlalchemy import bindparam, select

from store.database import Transaction
from store.statistics.counting import count
from store.statistics.reading import SEEN, seen
from store.statistics.writing import write
from store.tables import events, statistics_state

STATE = "update-stats"
"""Name of the one row of `statistics_state`."""
_SOME = SEEN.where(events.c.key.in_(bindparam("keys", expanding=True)))
NEVER_REBUILT = {"name": STATE, "rebuilt_to": 0}
"""That row, as it begins."""
REBUILT_TO = select(statistics_state.c.rebuilt_to).where(statistics_state.c.name == STATE)
"""Selects the ledger position up to which all has been counted at once."""
# Shared: who rebuilds waits until a batch is in, and the next batch for the rebuild.
_SHARED = REBUILT_TO.with_for_update(read=True)


class SqlStatistics:
    """The figures as one transaction adds to them; satisfies `Statistics`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._keys: list[str] = []

    def count(self, key: str, now: datetime) -> None:
        """See `Statistics`."""
        if not self._keys:
            # Last of all: others wait for these rows until the commit.
            self._transaction.before_commit(lambda: self._write(now))
        self._keys.append(key)

    def _write(self, now: datetime) -> None:
        transaction = self._transaction
        rebuilt_to = transaction.execute(_SHARED).scalar()
        if rebuilt_to is None:
            transaction.insert_new(statistics_state, NEVER_REBUILT)
            rebuilt_to = transaction.execute(_SHARED).scalar_one()
        rows = transaction.execute(_SOME, {"keys": self._keys}).mappings()
        found = [one for one in map(seen, rows) if one.position > rebuilt_to]
        write(transaction, count(found), now)
