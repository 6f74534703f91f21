"""Leases in use: signs of life, checkpoints, progress, and how work is handed back.

One keeper serves one consumer in one process. Its thread says, for every lease that is held, that
the owner lives, from the moment it was taken until it was finished or handed back.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Condition, Thread
from time import monotonic

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from consumers.contract import RetryLater
from consumers.runtime.source import Delivery
from schemas.envelope import Envelope
from store import leases
from store.database import Database, Transaction
from store.errors import DatabaseUnavailableError, DeliveryLostError
from store.leases import Held, Progress, Span
from store.ledger import Outlet

_BEATS_PER_SPAN = 4
_PROGRESS_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Keeper:
    """Takes leases and keeps them, on one thread that begins with the first."""

    def __init__(
        self,
        database: Database,
        outlet: Outlet,
        clock: Callable[[], datetime],
        owner: str,
        span: timedelta,
    ) -> None:
        """`span` is how long an owner that says nothing is believed to live."""
        self._database = database
        self._outlet = outlet
        self._clock = clock
        self._owner = owner
        self._span = span
        self._changed = Condition()
        self._holds: list[Hold] = []
        self._thread: Thread | None = None
        self._closing = False
        self.draining = False
        """Whether work is to be handed back at its next checkpoint."""

    def acquire(self, transaction: Transaction, consumer: str, envelope: Envelope) -> "Hold | None":
        """Take the lease on an event in a transaction; None when it is not to be had.

        Signs of life begin with its commit.
        """
        held = leases.acquire(transaction, envelope, consumer, self._owner, self._life())
        if held is None:
            return None
        hold = Hold(held, envelope, self)
        transaction.on_commit(lambda: self._keep(hold))
        return hold

    def save(self, hold: "Hold", state: JsonValue) -> None:
        """Write a checkpoint. Raises DeliveryLostError, or what hands the work back."""
        with self._database.transaction() as transaction:
            text = to_json(state).decode()
            if not leases.save(transaction, hold.held, text, self._life().until):
                hold.lost = True
        hold.check()
        if self.draining:
            raise RetryLater(0)

    def put_back(
        self, transaction: Transaction, hold: "Hold", attempt: int, not_before: datetime
    ) -> None:
        """Have the event delivered as try `attempt`, not before a time."""
        envelope = hold.envelope.at_attempt(attempt)
        self._outlet.schedule(transaction, hold.held.consumer, envelope, not_before)

    def drop(self, hold: "Hold") -> None:
        """Say no more signs of life for it: it has been finished, given up or lost."""
        with self._changed:
            if hold in self._holds:
                self._holds.remove(hold)

    def hand_back(self, hold: "Hold") -> None:
        """Put the event back into its queue for whoever is next; now, or as soon as we can."""
        hold.handed_back = True
        try:
            with self._database.transaction() as transaction:
                if leases.give_up(transaction, hold.held):
                    self.put_back(transaction, hold, hold.held.attempt, self._clock())
        except DatabaseUnavailableError as error:
            # The row is still ours, and the keeper keeps trying; so nobody is taken for dead.
            _log.warning("%s: cannot hand back yet: %s", hold.held.consumer, error)
            return
        self.drop(hold)

    def close(self) -> None:
        """Hand back what is still held, and end. Its handlers can commit nothing any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            holds = list(self._holds)
        for hold in holds:
            self.hand_back(hold)
        if self._thread is not None:
            self._thread.join()

    # --- signs of life --------------------------------------------------------------------------

    def _life(self) -> Span:
        now = self._clock()
        return Span(now, now + self._span)

    def _keep(self, hold: "Hold") -> None:
        with self._changed:
            self._holds.append(hold)
            if self._thread is None and not self._closing:
                name = f"{hold.held.consumer} keeper"
                self._thread = Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        every = self._span.total_seconds() / _BEATS_PER_SPAN
        beaten = monotonic()
        while not self._wait(min(_PROGRESS_SECONDS, every)):
            due = monotonic() - beaten >= every
            if due:
                beaten = monotonic()
            with self._changed:
                holds = list(self._holds)
            try:
                self._beat([hold for hold in holds if due or hold.has_news])
                for hold in holds:
                    if hold.handed_back:
                        self.hand_back(hold)
            except DatabaseUnavailableError as error:
                _log.warning("signs of life wait: %s", error)
            except Exception:  # noqa: BLE001 - without the thread, owners that live look dead
                _log.exception("signs of life failed")

    def _wait(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._closing, seconds)

    def _beat(self, holds: Sequence["Hold"]) -> None:
        if not holds:
            return
        until = self._life().until
        with self._database.transaction() as transaction:
            lost = [
                hold
                for hold in holds
                if not leases.beat(transaction, hold.held, until, hold.news())
            ]
        for hold in lost:
            # Finished a moment ago, or another owner goes on; the next checkpoint tells which.
            hold.lost = True
            self.drop(hold)


class Hold:
    """One lease in use; satisfies `store.ports.HasLease`, and stands in for the queue.

    As `Source` of the one delivery that it replaces, it settles with the fencing token.
    """

    def __init__(self, held: Held, envelope: Envelope, keeper: Keeper) -> None:
        self.held = held
        self.envelope = envelope
        self.lost = False
        """Another owner goes on."""
        self.handed_back = False
        self._keeper = keeper
        self._progress: Progress | None = None
        self._told: Progress | None = None

    # --- for the handler ------------------------------------------------------------------------

    @property
    def resumed(self) -> JsonValue:
        """The last checkpoint of an owner before."""
        state: JsonValue = from_json(self.held.checkpoint) if self.held.checkpoint else None
        return state

    def checkpoint(self, state: JsonValue) -> None:
        """Remember where to go on from."""
        self._keeper.save(self, state)

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Say how far the work is."""
        self.check()
        self._progress = Progress(done, total, unit)

    def check(self) -> None:
        """Raise DeliveryLostError when the lease is lost."""
        if self.lost:
            raise DeliveryLostError(f"{self.held.consumer}: another process goes on with it")

    # --- for the keeper -------------------------------------------------------------------------

    @property
    def has_news(self) -> bool:
        """Whether there is progress that has not been written down."""
        return self._progress is not self._told

    def news(self) -> Progress | None:
        """Return the newest progress."""
        self._told = self._progress
        return self._told

    # --- for the runtime, as a source -----------------------------------------------------------

    def take(self, most: int, wait_seconds: float) -> list[Delivery]:
        """There is nothing more to take."""
        del most, wait_seconds
        return []

    def settle(self, transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
        """End the lease with the work's commit, if it is still ours."""
        del deliveries
        if not leases.finish(transaction, self.held):
            raise DeliveryLostError(f"{self.held.consumer}: another process goes on with it")

    def retry(
        self, transaction: Transaction, delivery: Delivery, attempt: int, not_before: datetime
    ) -> None:
        """Leave the checkpoint to the next try."""
        del delivery
        if not leases.give_up(transaction, self.held):
            raise DeliveryLostError(f"{self.held.consumer}: another process goes on with it")
        self._keeper.put_back(transaction, self, attempt, not_before)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Say no more signs of life."""
        del deliveries
        self._keeper.drop(self)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Hand it back."""
        del deliveries
        self._keeper.hand_back(self)

    def drain(self) -> None:
        """Nothing was prefetched."""

    def close(self) -> None:
        """Nothing is open."""
