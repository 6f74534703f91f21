"""The caretaker: removes what was left lying, now and then."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from store.database import Database
from store.ports import ObjectStore
from store.tables import idempotency
from store.uploads import sweep_staging

IDEMPOTENCY = timedelta(days=7)
"""How long an Idempotency-Key is remembered."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caretaker:
    """Tidies up when told to."""

    database: Database
    objects: ObjectStore
    staging: timedelta
    """How long what an interrupted upload left is kept."""
    clock: Callable[[], datetime]

    def tidy(self) -> int:
        """Remove the remains of interrupted uploads and old idempotency keys.

        Returns how many remains there were. Safe to repeat, and to run in several processes.
        """
        now = self.clock()
        with self.database.transaction() as transaction:
            old = idempotency.c.accepted_at < now - IDEMPOTENCY
            transaction.execute(delete(idempotency).where(old))
        removed = sweep_staging(self.database, self.objects, now - self.staging)
        if removed:
            _log.info("removed the remains of %d interrupted uploads", removed)
        return removed
