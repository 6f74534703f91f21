"""Answered probes: one row each."""

from datetime import datetime

from store.database import Transaction
from store.tables import probes


class SqlProbes:
    """Rows of `probes`, within one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def add(self, key: str, probe: str, answered_at: datetime) -> None:
        """Record an answer."""
        self._transaction.insert(
            probes, [{"event_key": key, "probe": probe, "answered_at": answered_at}]
        )
