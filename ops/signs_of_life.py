"""What a process lets others see: which consumers are at work in it, and what they wait for."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from consumers.runtime.at_work import AtWork
from store import workers as signs
from store.database import Database
from store.errors import UnavailableError
from store.workers import WorkerSign

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignsOfLife:
    """Those of one process."""

    database: Database
    process: str
    workers: Sequence[AtWork]
    clock: Callable[[], datetime]

    def show(self) -> None:
        """Show that they are at work. Raises DatabaseUnavailableError."""
        now = self.clock()
        shown = [WorkerSign(self.process, one.name, *one.waits, now) for one in self.workers]
        with self.database.transaction() as transaction:
            signs.beat(transaction, shown, now)

    def leave(self) -> None:
        """Show that they are no more."""
        if not self.workers:
            return
        try:
            with self.database.transaction() as transaction:
                signs.leave(transaction, self.process)
        except UnavailableError as error:
            _log.warning("others will see this process as living for a while: %s", error)
