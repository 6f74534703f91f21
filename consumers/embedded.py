"""The embedded bus's source of deliveries: leased rows (`store.deliveries`).

Deliveries are leased by the window, so that a full queue costs one transaction per window.
A commit of this process wakes it at once; what other processes commit, and what becomes due with
time, it finds by looking. A thread keeps the leases of what is held.
"""

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from threading import Condition, Event, Lock, Thread
from time import monotonic
from typing import Any

from consumers.contract import Consumer
from consumers.runtime.source import Delivery
from store import deliveries
from store.database import Database, Transaction
from store.deliveries import Lease
from store.errors import DatabaseUnavailableError, DeliveryLostError

LEASE = timedelta(seconds=15)
"""How long a process that has died keeps what it held."""

_LOOK_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Bell:
    """Tells sources of this process that their queues have something new."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._rung: dict[str, int] = {}

    def ring(self, queues: Collection[str]) -> None:
        """Wake whoever waits for one of the queues."""
        with self._condition:
            for queue in queues:
                self._rung[queue] = self._rung.get(queue, 0) + 1
            self._condition.notify_all()

    def count(self, queue: str) -> int:
        """Return how often the queue has been rung for."""
        with self._condition:
            return self._rung.get(queue, 0)

    def wait(self, queue: str, count: int, seconds: float) -> None:
        """Return once the queue has been rung for more than `count` times, or time is up."""
        with self._condition:
            self._condition.wait_for(lambda: self._rung.get(queue, 0) != count, seconds)


class EmbeddedSource:
    """One consumer's queue in the database; satisfies `consumers.runtime.source.Source`."""

    def __init__(
        self,
        database: Database,
        consumer: Consumer[Any],
        owner: str,
        bell: Bell,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._queue = consumer.name
        self._window = consumer.window
        self._owner = owner
        self._bell = bell
        self._clock = clock
        self._closing = Event()
        self._taking = Lock()
        self._leased: deque[Delivery] = deque()
        self._holding = Lock()
        self._held: dict[int, Delivery] = {}
        """By identity: a row that was put back may be taken again before its end is told."""
        self._draining = False
        self._keeper = Thread(target=self._keep, name=f"{consumer.name} leases", daemon=True)
        self._keeper.start()

    def take(self, most: int, wait_seconds: float) -> list[Delivery]:
        """Take what has been leased, or lease what is due."""
        deadline = monotonic() + wait_seconds
        while True:
            rung = self._bell.count(self._queue)
            with self._taking:
                if not self._leased and not self._draining:
                    self._leased.extend(self._lease())
                taken = [self._leased.popleft() for _ in range(min(most, len(self._leased)))]
            left = deadline - monotonic()
            if taken or left <= 0 or self._draining:
                return taken
            self._bell.wait(self._queue, rung, min(left, _LOOK_SECONDS))

    def _lease(self) -> list[Delivery]:
        now = self._clock()
        # Looking first spares an idle queue the write transaction.
        if not deliveries.is_due(self._database, self._queue, now):
            return []
        lease = Lease(self._owner, now + LEASE)
        taken = deliveries.take(self._database, self._queue, lease, now, self._window)
        leased = [Delivery(one.id, one.envelope, one.seen) for one in taken]
        with self._holding:
            self._held.update((id(one), one) for one in leased)
        return leased

    def settle(self, transaction: Transaction, finished: Sequence[Delivery]) -> None:
        """Remove the rows."""
        ids = [delivery.tag for delivery in finished]
        if not deliveries.remove(transaction, ids, self._owner):
            raise DeliveryLostError(f"{self._queue}: a lease ran out during the work")

    def retry(
        self, transaction: Transaction, delivery: Delivery, attempt: int, not_before: datetime
    ) -> None:
        """Put the row back for later."""
        tag = delivery.tag
        if not deliveries.put_back(transaction, tag, self._owner, attempt, not_before):
            raise DeliveryLostError(f"{self._queue}: a lease ran out during the work")

    def acknowledge(self, finished: Sequence[Delivery]) -> None:
        """Keep their leases no longer: the commit has removed the rows, or put them back."""
        self._let_go(finished)

    def release(self, unfinished: Sequence[Delivery]) -> None:
        """Give the leases back; without a database they run out by themselves."""
        self._let_go(unfinished)
        try:
            deliveries.release(self._database, [one.tag for one in unfinished], self._owner)
        except DatabaseUnavailableError as error:
            _log.warning("%s: leases run out by themselves: %s", self._queue, error)
        self._bell.ring([self._queue])

    def drain(self) -> None:
        """Take nothing new, and give back what nobody took."""
        with self._taking:
            self._draining = True
            unclaimed = list(self._leased)
            self._leased.clear()
        if unclaimed:
            self.release(unclaimed)
        self._bell.ring([self._queue])

    def close(self) -> None:
        """Stop keeping leases."""
        self._closing.set()
        self._keeper.join()

    def _let_go(self, ended: Sequence[Delivery]) -> None:
        with self._holding:
            for one in ended:
                self._held.pop(id(one), None)

    def _keep(self) -> None:
        while not self._closing.wait(LEASE.total_seconds() / 3):
            # Not all that is ours in the database: what could not be given back must run out, and
            # so must what was leased by a commit whose answer was lost.
            with self._holding:
                held = [one.tag for one in self._held.values()]
            if not held:
                continue
            try:
                lease = Lease(self._owner, self._clock() + LEASE)
                deliveries.extend(self._database, held, lease)
            except DatabaseUnavailableError as error:
                _log.warning("%s: cannot keep leases: %s", self._queue, error)
