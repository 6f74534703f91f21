"""The caretaker: removes what was left lying, now and then."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy import delete

from store.database import Database
from store.errors import UnavailableError
from store.ports import ObjectStore
from store.tables import idempotency
from store.uploads import sweep_staging

_EVERY_SECONDS = 600.0
IDEMPOTENCY = timedelta(days=7)
"""How long an Idempotency-Key is remembered."""

_log = logging.getLogger(__name__)


class Caretaker:
    """Tidies up on a thread of its own, from `start` to `stop`."""

    def __init__(
        self,
        database: Database,
        objects: ObjectStore,
        staging: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._objects = objects
        self._staging = staging
        self._clock = clock
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="caretaker")

    def start(self) -> None:
        """Begin to tidy up, the first time at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being done."""
        self._stopping.set()
        self._thread.join()

    def tidy(self) -> int:
        """Remove the remains of interrupted uploads and old idempotency keys.

        Returns how many remains there were. Safe to repeat, and to run in several processes.
        """
        now = self._clock()
        with self._database.transaction() as transaction:
            old = idempotency.c.accepted_at < now - IDEMPOTENCY
            transaction.execute(delete(idempotency).where(old))
        return sweep_staging(self._database, self._objects, now - self._staging)

    def _run(self) -> None:
        while True:
            try:
                removed = self.tidy()
                if removed:
                    _log.info("removed the remains of %d interrupted uploads", removed)
            except UnavailableError as error:
                _log.warning("tidying up waits: %s", error)
            if self._stopping.wait(_EVERY_SECONDS):
                return
