"""The two worlds an event can travel in: the embedded bus and RabbitMQ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from consumers.embedded import Bell, EmbeddedSource
from consumers.runtime.source import Source
from producers.amqp import AmqpPublisher
from producers.doorbell import Doorbell, Waiters
from producers.relay import Relay
from producers.replies import ReplyListener
from schemas.routing import matches
from store.database import Database
from store.deliveries import Deliveries
from store.ledger import Ledger
from store.outbox import Due, Outbox


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What either bus is built from."""

    database: Database
    consumers: Sequence[Consumer[Any]]
    """All there are, at work here or elsewhere: they say which queues there are."""
    waiters: Waiters
    instance: str
    clock: Callable[[], datetime]
    new_id: Callable[[], str]


class Bus(Protocol):
    """One of the two worlds."""

    @property
    def ledger(self) -> Ledger:
        """Where events are written down, and leave."""
        ...

    @property
    def doorbell(self) -> Doorbell:
        """What wakes waiting ingress processes."""
        ...

    def source(self, consumer: Consumer[Any]) -> Source:
        """Open a consumer's queue."""
        ...

    def start(self, *, listening: bool) -> None:
        """Begin to carry events; with `listening`, doorbells too."""
        ...

    def stop(self) -> None:
        """Let leave what can, and end."""
        ...


class EmbeddedBus:
    """Queues in the database; nothing else runs."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._bell = Bell()
        self.ledger = Ledger(Deliveries(bound_queues(around.consumers), self._bell.ring))

    @property
    def doorbell(self) -> Doorbell:
        """Waiters of this process; those of other processes poll."""
        return self._around.waiters

    def source(self, consumer: Consumer[Any]) -> Source:
        """Open the queue's rows."""
        around = self._around
        # A lease belongs to one opening of the queue: a restart is somebody else.
        owner = f"{consumer.name}@{around.instance}.{around.new_id()}"
        return EmbeddedSource(around.database, consumer.name, owner, self._bell, around.clock)

    def start(self, *, listening: bool) -> None:
        """Nothing is to be started."""

    def stop(self) -> None:
        """Nothing is to be stopped."""


class RabbitBus:
    """RabbitMQ, fed from the outbox."""

    def __init__(self, url: str, around: Surroundings) -> None:
        self._url = url
        self._around = around
        publisher = AmqpPublisher(url, f"relay@{around.instance}")
        self._relay = Relay(around.database, publisher, around.clock)
        self._outbox = Outbox(around.new_id, self._offer)
        self.ledger = Ledger(self._outbox)
        self._listener: ReplyListener | None = None

    @property
    def doorbell(self) -> Doorbell:
        """Waiters here are woken directly, others through the broker."""
        return self

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Wake who waits."""
        if address == self._around.waiters.address:
            self._around.waiters.ring(address, operations)
        else:
            self._relay.ring(address, operations)

    def source(self, consumer: Consumer[Any]) -> Source:
        """Open the queue on a connection of its own."""
        return AmqpSource(self._url, consumer, self._outbox.schedule, self._around.instance)

    def start(self, *, listening: bool) -> None:
        """Start the relay, and the doorbells' listener."""
        self._relay.start()
        if listening:
            waiters = self._around.waiters
            name = f"doorbells@{self._around.instance}"
            self._listener = ReplyListener(
                self._url, waiters.address, lambda keys: waiters.ring(waiters.address, keys), name
            )
            self._listener.start()

    def stop(self) -> None:
        """Stop both."""
        if self._listener is not None:
            self._listener.stop()
        self._relay.stop()

    def _offer(self, rows: Sequence[Due]) -> None:
        self._relay.offer(rows)


def bound_queues(consumers: Sequence[Consumer[Any]]) -> Callable[[str, str], Sequence[str]]:
    """Return the function from exchange and routing key to the queues bound for them."""

    @lru_cache(maxsize=1024)
    def queues(exchange: str, routing_key: str) -> Sequence[str]:
        return tuple(
            consumer.name
            for consumer in consumers
            if any(
                bound == exchange and matches(pattern, routing_key)
                for bound, pattern in consumer.bindings
            )
        )

    return queues
