"""The work a handler is given: its event's place in the ledger, and every port it may name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pydantic import JsonValue

from store.database import Transaction
from store.files import SqlFiles
from store.ports import HasLease, Links, ObjectStore, Sources
from store.probes import SqlProbes
from store.records import SqlRecords
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
    lease: HasLease | None = None
    """None: the consumer does not say that its work is long."""

    @property
    def resumed(self) -> JsonValue:
        """The last checkpoint."""
        return self._lease.resumed

    def checkpoint(self, state: JsonValue) -> None:
        """Remember where to go on from."""
        if self.transaction.begun:
            # Its transaction would wait for ours, and ours for it.
            raise RuntimeError("a checkpoint comes before the first row is touched, not after")
        self._lease.checkpoint(state)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far the work is."""
        self._lease.progress(done, total, unit)

    @property
    def _lease(self) -> HasLease:
        if self.lease is None:
            raise RuntimeError("only a consumer with long=True has checkpoints and progress")
        return self.lease

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

    @cached_property
    def records(self) -> SqlRecords:
        """Records of runs."""
        return self.transaction.part(SqlRecords)
