"""Drains the broker's dead letters into the table of parked events.

RabbitMQ gives up on a delivery that came back too often (`x-delivery-limit`), and keeps it in the
queue `muniment.dead`. Here it is parked like any other, acknowledged after the commit; one that
comes again after a crash is known by its failure row.
"""

import logging
import random
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread

from consumers.amqp_reading import read_event
from consumers.amqp_subscription import Incoming, Subscriber, Subscription
from consumers.runtime.source import Malformed
from producers.brokers import read_brokers
from producers.stamping import Stamp
from schemas.envelope import Envelope
from schemas.routing import DEAD
from store import inbox
from store.database import Database, Transaction
from store.errors import UnavailableError
from store.fingerprints import fingerprint
from store.ledger import Entry, Ledger
from store.parked import Parked, keep, park, park_try

_WINDOW = 50
_PAUSE_SECONDS = 2.0
_REASON = "RabbitMQ gave up on it: {cause}, after {count} deliveries"
_log = logging.getLogger(__name__)


class DeadLetters:
    """Parks dead letters, from `start` to `stop`."""

    def __init__(
        self,
        url: str,
        process: str,
        database: Database,
        ledger: Ledger,
        stamp: Stamp,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._stamp = stamp
        self._arrived: SimpleQueue[Incoming] = SimpleQueue()
        self._stopping = Event()
        subscriber = Subscriber(DEAD, "dead letters", f"dead-letters@{process}", _WINDOW)
        self._subscription = Subscription(read_brokers(url), subscriber, self, random.random)
        self._thread = Thread(target=self._run, name="dead letters")

    def start(self) -> None:
        """Begin to drain; connects, now or as soon as the broker is there."""
        self._subscription.start()
        self._thread.start()

    def stop(self) -> None:
        """End; what has not been parked comes again."""
        self._stopping.set()
        self._thread.join()
        self._subscription.close()

    # --- as the subscription's listener ---------------------------------------------------------

    def arrived(self, message: Incoming) -> None:
        """Keep a message for the thread."""
        self._arrived.put(message)

    def lost(self, reason: str) -> None:
        """Nothing to do: what is kept comes again, and is known when it does."""

    # --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                message = self._arrived.get(timeout=0.5)
            except Empty:
                continue
            try:
                self._park(message)
            except UnavailableError as error:
                _log.warning("dead letters wait: %s", error)
                self._subscription.finish(message.connection, [message.tag], requeue=True)
                self._stopping.wait(_PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 - without the thread nothing is drained any more
                _log.exception("a dead letter could not be parked")
                self._subscription.finish(message.connection, [message.tag], requeue=True)
                self._stopping.wait(_PAUSE_SECONDS)
            else:
                self._subscription.finish(message.connection, [message.tag])

    def _park(self, message: Incoming) -> None:
        headers = message.properties.headers or {}
        queue = _text(headers.get("x-first-death-queue")) or "unknown"
        cause = _text(headers.get("x-first-death-reason")) or "unknown"
        count = headers.get("x-delivery-count", "many")
        reason = _REASON.format(cause=cause.replace("_", " "), count=count)
        now = self._stamp.clock()
        event = read_event(message)
        with self._database.transaction() as transaction:
            if isinstance(event, Malformed):
                reason = f"{reason}; no CloudEvent: {event.error}"
                kept = keep(event.properties, event.body)
                park(transaction, self._item(queue, reason, now, message=kept))
            else:
                self._park_event(transaction, event, queue, reason, now)

    def _park_event(
        self, transaction: Transaction, envelope: Envelope, queue: str, reason: str, now: datetime
    ) -> None:
        self._ledger.lock(transaction)
        standing = inbox.standings(self._database, queue, {envelope.key}).get(envelope.key)
        if standing is None:
            adopted = self._stamp.adopt(envelope)
            self._ledger.append(transaction, [Entry(adopted, "observed", "amqp", now)])
        elif standing.handled or standing.failed >= envelope.attempt:
            return
        if park_try(transaction, self._item(queue, reason, now, envelope=envelope)):
            facts = {"consumer": queue, "event_id": envelope.id}
            _log.error("parked: %s", reason, extra=facts)

    def _item(
        self,
        queue: str,
        reason: str,
        now: datetime,
        *,
        envelope: Envelope | None = None,
        message: str | None = None,
    ) -> Parked:
        return Parked(
            id=self._stamp.new_id(),
            consumer=queue,
            event_key=None if envelope is None else envelope.key,
            message=message,
            reason=reason,
            traceback=None,
            attempts=1 if envelope is None else envelope.attempt,
            parked_at=now,
            kind="poison",
            fingerprint=fingerprint(queue, envelope.type if envelope else None, reason, None),
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
