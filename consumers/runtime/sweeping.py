"""Work whose process has died: put back into its queue, or parked when it keeps killing."""

import logging
from collections.abc import Callable
from datetime import datetime

from consumers.runtime.telemetry import Telemetry
from store.database import Database, Transaction
from store.fingerprints import fingerprint
from store.leases import Expired, is_any_expired, sweep
from store.ledger import Outlet
from store.parked import Parked, park_try

CRASHES = 3
"""So many processes in a row may die of an event, without a checkpoint, before it is parked."""

_AT_ONCE = 100
_log = logging.getLogger(__name__)


class Sweeper:
    """Takes leases from the dead. Any number of processes may sweep."""

    def __init__(
        self,
        database: Database,
        outlet: Outlet,
        telemetry: Telemetry,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._outlet = outlet
        self._telemetry = telemetry
        self._clock = clock
        self._new_id = new_id

    def sweep(self) -> int:
        """Bring back what dead processes held; returns how much. Raises UnavailableError."""
        now = self._clock()
        if not is_any_expired(self._database, now):
            return 0
        with self._database.transaction() as transaction:
            expired = sweep(transaction, now, _AT_ONCE)
            for one in expired:
                self._bring_back(transaction, one, now)
        return len(expired)

    def _bring_back(self, transaction: Transaction, one: Expired, now: datetime) -> None:
        facts = {"consumer": one.consumer, "event_id": one.envelope.id, "crashes": one.crashes}
        if one.crashes < CRASHES:
            _log.warning("%s died at work; another goes on", one.owner, extra=facts)
            self._outlet.schedule(transaction, one.consumer, one.envelope, now)
            return
        reason = f"{one.crashes} processes in a row died while they worked on it"
        item = Parked(
            id=self._new_id(),
            consumer=one.consumer,
            event_key=one.envelope.key,
            message=None,
            reason=reason,
            traceback=f"The last of them was {one.owner}; its log may say more.",
            attempts=one.envelope.attempt,
            parked_at=now,
            kind="poison",
            fingerprint=fingerprint(one.consumer, one.envelope.type, reason, None),
        )
        if not park_try(transaction, item):
            return  # a copy of this try has failed, and what follows that is on its way
        _log.error("parked: %s", reason, extra=facts)
        transaction.on_commit(lambda: self._telemetry.failed(one.consumer, "poison"))
