"""The caretaker: removes what was left lying, now and then."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from store.archive.visit_rows import forget_visits
from store.database import Database
from store.discarded import settle
from store.ended_sessions import forget_ended
from store.package_tidying import (
    drop_builds,
    end_discarded,
    remove_expired,
    sweep_zips,
)
from store.ports import ObjectStore
from store.scratch import LocalScratch
from store.statistics.sampling import forget_samples
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
        """Remove what is old, the remains of interrupted work, and expired packages.

        Returns how many remains and packages there were. Safe to repeat, and to run in several
        processes.
        """
        now = self.clock()
        with self.database.transaction() as transaction:
            old = idempotency.c.accepted_at < now - IDEMPOTENCY
            transaction.execute(delete(idempotency).where(old))
        forget_ended(self.database, now)
        forget_visits(self.database, now)
        forget_samples(self.database, now)
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
        back, gone = settle(self.database, self.objects, now)
        if back:
            _log.info("put %d objects back that are needed after all", back)
        if gone:
            _log.info("removed %d objects of frames that were deleted", gone)
        return removed + expired + unknown + gone


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
