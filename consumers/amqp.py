"""RabbitMQ's source of deliveries; satisfies `consumers.runtime.source.Source`."""

import random
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Condition
from typing import Any

from consumers.amqp_reading import read_event
from consumers.amqp_subscription import Incoming, Subscriber, Subscription
from consumers.contract import Consumer
from consumers.runtime.source import Delivery, Malformed
from producers.brokers import read_brokers
from schemas.envelope import Envelope
from store.database import Transaction
from store.errors import BrokerUnavailableError

Schedule = Callable[[Transaction, str, Envelope, datetime], None]
"""Has an event delivered to one queue, not before a time (`store.outbox.Outbox.schedule`)."""

_GATHER_SECONDS = 0.004
"""How long further deliveries may come in after a batch of several."""


class AmqpSource:
    """A consumer's queue on RabbitMQ. Connects with the first `take`.

    `process` is `<host>.<pid>`, for who reads the management UI; `jitter` is a random number in
    [0, 1), so that what lost the broker together does not come back together.
    """

    def __init__(
        self,
        url: str,
        consumer: Consumer[Any],
        schedule: Schedule,
        process: str,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._queue = consumer.name
        self._schedule = schedule
        self._changed = Condition()
        self._arrived: deque[Incoming] = deque()
        self._draining = False
        self._one_each = consumer.long
        """Whether deliveries are wanted only while somebody waits for one."""
        self._waiting = 0
        self._several = False
        """The last batch had some deliveries, and could have had more."""
        self._trouble = "not connected to RabbitMQ yet"
        subscriber = Subscriber(
            queue=consumer.name,
            name=consumer.name,
            consumer_tag=f"{consumer.name}@{process}",
            window=consumer.window,
        )
        self._subscription = Subscription(read_brokers(url), subscriber, self, jitter)

    @property
    def connected(self) -> bool:
        """Whether deliveries can come right now."""
        return self._subscription.connected

    def take(self, most: int, wait_seconds: float) -> list[Delivery]:
        """Take what has been prefetched; raises when the wait ends without a connection."""
        self._subscription.start()
        with self._changed:
            self._waiting += 1
            if self._one_each:
                self._subscription.want(deliveries=True)
            self._changed.wait_for(lambda: self._arrived or self._draining, wait_seconds)
            if self._several:
                # Whoever is answered together asks again together, and may share a transaction
                # once more. A client that is alone does not wait.
                self._changed.wait_for(
                    lambda: len(self._arrived) >= most or self._draining, _GATHER_SECONDS
                )
            self._waiting -= 1
            taken = [self._arrived.popleft() for _ in range(min(most, len(self._arrived)))]
            self._several = 1 < len(taken) < most
            if not taken and not self._draining and not self.connected:
                raise BrokerUnavailableError(self._trouble)
            if taken and self._one_each and not self._waiting:
                # Another delivery would wait behind this one, though others may be free.
                self._subscription.want(deliveries=False)
        return [_read(message) for message in taken]

    def settle(self, transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
        """Nothing is left to do: the queue is not in the database."""

    def retry(
        self, transaction: Transaction, delivery: Delivery, attempt: int, not_before: datetime
    ) -> None:
        """Schedule the event for this queue alone."""
        if isinstance(delivery.event, Malformed):
            raise TypeError("what is no event cannot be scheduled")
        self._schedule(transaction, self._queue, delivery.event.at_attempt(attempt), not_before)

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge; as few frames as possible."""
        self._finish(deliveries, requeue=False)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Hand back with basic.nack: newer brokers count only basic.reject as a failure."""
        self._finish(deliveries, requeue=True)

    def drain(self) -> None:
        """Cancel the consumer, and hand back what nobody took."""
        with self._changed:
            self._draining = True
            unclaimed = list(self._arrived)
            self._arrived.clear()
            self._changed.notify_all()
        self._subscription.cancel()
        self._finish(unclaimed, requeue=True)

    def close(self) -> None:
        """Close the connection, after the acknowledgements given so far."""
        self._subscription.close()

    def _finish(self, messages: Sequence[Delivery | Incoming], *, requeue: bool) -> None:
        tags: dict[int, list[int]] = defaultdict(list)
        for message in messages:
            tags[message.connection].append(message.tag)
        for connection, finished in tags.items():
            self._subscription.finish(connection, finished, requeue=requeue)

    # --- as the subscription's listener, on its thread ------------------------------------------

    def arrived(self, message: Incoming) -> None:
        """Keep a message until it is taken."""
        with self._changed:
            if not self._draining:
                self._arrived.append(message)
                self._changed.notify()
                return
        self._finish([message], requeue=True)

    def lost(self, reason: str) -> None:
        """Forget what has not been taken; it will come again."""
        with self._changed:
            self._trouble = reason
            self._arrived.clear()


def _read(message: Incoming) -> Delivery:
    # Quorum queues count; where nobody does, once is all that is known.
    counted = (message.properties.headers or {}).get("x-delivery-count")
    seen = counted if isinstance(counted, int) else int(message.redelivered)
    return Delivery(message.tag, read_event(message), seen, message.connection)
