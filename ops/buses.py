"""The two worlds an event can travel in: the embedded bus and RabbitMQ."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Event, Thread
from typing import Any, Protocol

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from consumers.dead_letters import DeadLetters
from consumers.embedded import Bell, EmbeddedSource
from consumers.runtime.source import Source
from ops.topology import Topology, apply, downgrades, queue_lengths
from producers.amqp import AmqpPublisher
from producers.doorbell import Doorbell, Waiters
from producers.relay import Relay
from producers.replies import ReplyListener
from producers.stamping import Stamp
from schemas.routing import matches
from store.activity import QueueDepth, embedded_queues
from store.database import Database
from store.deliveries import Deliveries
from store.errors import BrokerUnavailableError
from store.ledger import Ledger
from store.outbox import Due, Outbox, scheduled

_DECLARE_SECONDS = 2.0
_log = logging.getLogger(__name__)


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

    @property
    def process(self) -> str:
        """What this process is called where people look."""
        return f"{self.instance}.{os.getpid()}"


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

    def prepare(self) -> None:
        """Make what queues there must be; what exists stays as it is."""
        ...

    def start(self, *, listening: bool) -> None:
        """Begin to carry events; with `listening`, doorbells and dead letters too."""
        ...

    def stop(self) -> None:
        """Let leave what can, and end."""
        ...

    def queues(self) -> Sequence[QueueDepth]:
        """Count what waits in each consumer's queue. Blocks; raises UnavailableError."""
        ...

    def check(self) -> None:
        """Return when events can travel; raise UnavailableError if not."""
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
        return EmbeddedSource(around.database, consumer, owner, self._bell, around.clock)

    def prepare(self) -> None:
        """Queues are rows; there is nothing to be made."""

    def start(self, *, listening: bool) -> None:
        """Nothing is to be started."""

    def stop(self) -> None:
        """Nothing is to be stopped."""

    def queues(self) -> Sequence[QueueDepth]:
        """Count rows."""
        names = [one.name for one in self._around.consumers]
        return embedded_queues(self._around.database, names, self._around.clock())

    def check(self) -> None:
        """Ask the database."""
        self._around.database.check()


class RabbitBus:
    """RabbitMQ, fed from the outbox."""

    def __init__(
        self, url: str, topology: Topology, around: Surroundings, management_url: str = ""
    ) -> None:
        self._url = url
        self._management_url = management_url
        self._topology = topology
        self._around = around
        self._publisher = AmqpPublisher(url, f"relay@{around.instance}")
        self._relay = Relay(around.database, self._publisher, around.clock)
        self._outbox = Outbox(around.new_id, self._offer)
        self.ledger = Ledger(self._outbox)
        self._listener: ReplyListener | None = None
        self._dead_letters: DeadLetters | None = None
        self._stopping = Event()
        self._declaring = Thread(target=self._declare_later, name="topology", daemon=True)

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
        process = self._around.process
        return AmqpSource(self._url, consumer, self._outbox.schedule, process)

    def prepare(self) -> None:
        """Declare the topology: now, or as soon as the broker is there."""
        if not self._declared():
            self._declaring.start()

    def _declared(self) -> bool:
        try:
            for difference in apply(self._url, self._topology):
                _log.warning("the broker differs from the topology: %s", difference)
            if self._management_url:
                for downgrade in downgrades(self._url, self._topology, self._management_url):
                    _log.warning("the broker does not keep what it is asked to: %s", downgrade)
        except BrokerUnavailableError as error:
            _log.warning("the topology is not declared yet: %s", error)
            return False
        return True

    def _declare_later(self) -> None:
        while not self._stopping.wait(_DECLARE_SECONDS) and not self._declared():
            pass

    def start(self, *, listening: bool) -> None:
        """Start the relay; and what listens to doorbells, and drains dead letters."""
        self._relay.start()
        if listening:
            waiters = self._around.waiters
            name = f"doorbells@{self._around.instance}"
            self._listener = ReplyListener(
                self._url, waiters.address, lambda keys: waiters.ring(waiters.address, keys), name
            )
            self._listener.start()
            stamp = Stamp(f"/{self._around.instance}", self._around.clock, self._around.new_id)
            self._dead_letters = DeadLetters(
                self._url, self._around.process, self._around.database, self.ledger, stamp
            )
            self._dead_letters.start()

    def stop(self) -> None:
        """Stop them."""
        self._stopping.set()
        if self._dead_letters is not None:
            self._dead_letters.stop()
        if self._listener is not None:
            self._listener.stop()
        self._relay.stop()

    def queues(self) -> Sequence[QueueDepth]:
        """Ask the broker for what is ready, and the outbox for what is delayed."""
        names = [one.name for one in self._around.consumers]
        ready = queue_lengths(self._url, names)
        delayed = scheduled(self._around.database)
        return [QueueDepth(name, ready.get(name, 0), None, delayed.get(name, 0)) for name in names]

    def check(self) -> None:
        """Ask the broker."""
        self._publisher.check()

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
