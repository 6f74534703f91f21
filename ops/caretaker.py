"""The caretaker: removes what was left lying, now and then."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from store.database import Database
from store.package_tidying import (
    drop_builds,
    end_discarded,
    remove_expired,
    sweep_zips,
)
from store.ports import ObjectStore
from store.scratch import LocalScratch
from store.tables import idempotency
from store.uploads import sweep_staging

IDEMPOTENCY = timedelta(days=7)
"""How long an Idempotency-Key is remembered."""
ABANDONED = timedelta(days=1)
"""How long nothing is written to the folder of a package under construction until it is removed;
whoever comes back later begins anew."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caretaker:
    """Tidies up what all processes share, when told to."""

    database: Database
    objects: ObjectStore
    staging: timedelta
    """How long what interrupted work left in the object store is kept."""
    clock: Callable[[], datetime]

    def tidy(self) -> int:
        """Remove old idempotency keys, the remains of interrupted work, and expired packages.

        Returns how many remains and packages there were. Safe to repeat, and to run in several
        processes.
        """
        now = self.clock()
        with self.database.transaction() as transaction:
            old = idempotency.c.accepted_at < now - IDEMPOTENCY
            transaction.execute(delete(idempotency).where(old))
        ended = end_discarded(self.database, now) + drop_builds(self.database, now)
        if ended:
            _log.info("ended %d requests and builds of packages that were given up", ended)
        removed = sweep_staging(self.database, self.objects, now - self.staging)
        if removed:
            _log.info("removed the remains of %d interrupted uploads", removed)
        expired = remove_expired(self.database, self.objects, now)
        if expired:
            _log.info("removed %d expired packages", expired)
        unknown = sweep_zips(self.database, self.objects, now - self.staging)
        if unknown:
            _log.info("removed %d zips that nobody knew", unknown)
        return removed + expired + unknown


@dataclass(frozen=True, slots=True)
class ScratchCaretaker:
    """Tidies up this machine's scratch folder: each machine with workers has one."""

    scratch: LocalScratch
    clock: Callable[[], datetime]

    def tidy(self) -> int:
        """Remove the folders of packages that nobody builds any more; return how many.

        Safe to repeat, and to run in several processes.
        """
        removed = self.scratch.sweep(self.clock() - ABANDONED)
        if removed:
            _log.info("removed the folders of %d packages that nobody builds any more", removed)
        return removed
