"""The work a handler is given: its event's place in the ledger, and every port it may name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from store.database import Transaction
from store.files import SqlFiles
from store.ports import Links, ObjectStore, Sources
from store.probes import SqlProbes
from store.uploads import SqlUploads


@dataclass(frozen=True)
class SqlWork:
    """One event's work in a transaction; satisfies `store.ports.Work`."""

    transaction: Transaction
    key: str
    position: int
    now: datetime
    objects: ObjectStore
    sources: Sources
    links: Links
    new_id: Callable[[], str]

    @cached_property
    def files(self) -> SqlFiles:
        """The catalogue of files."""
        return SqlFiles(self.transaction)

    @cached_property
    def uploads(self) -> SqlUploads:
        """Received bytes."""
        return SqlUploads(self.transaction)

    @cached_property
    def probes(self) -> SqlProbes:
        """Answered probes."""
        return SqlProbes(self.transaction)
