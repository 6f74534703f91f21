"""Meddlers: deliveries that come twice, late, and in another order than they were sent."""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from threading import Event
from time import monotonic

from pika import BasicProperties, BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from sqlalchemy import select

from consumers.amqp_parameters import parameters
from consumers.registry import CONSUMERS
from ops.buses import bound_queues
from ops.stores import clock
from producers.brokers import Broker
from schemas.routing import REQUESTS, exchange, is_request, routing_key
from store.database import Database
from store.deliveries import Deliveries
from store.errors import DatabaseUnavailableError
from store.ledger import Departure, envelope_of
from store.tables import events

QUEUE = "chaos.meddler"

_PART = 0.3
"""Of the deliveries, those that are copied; copies are met again, and may be copied again."""
_LATEST_SECONDS = 3.0
_PAUSE_SECONDS = 0.5
_LOOK_BACK = 60
"""Ledger positions, embedded."""


@dataclass
class RabbitMeddler:
    """Gets what every consumer gets, and publishes some of it again, the same to a hair."""

    broker: Broker
    stopping: Event
    chance: random.Random
    copies: int = 0

    def __post_init__(self) -> None:
        self._number = count()
        self._held: list[tuple[float, int, str, BasicProperties, bytes]] = []

    def run(self) -> None:
        """Meddle until told to stop; copies held by then are forgotten."""
        while not self.stopping.is_set():
            try:
                connection = BlockingConnection(parameters(self.broker, "chaos meddler"))
                try:
                    self._meddle(connection)
                finally:
                    if connection.is_open:
                        connection.close()
            except (AMQPError, OSError):
                self.stopping.wait(_PAUSE_SECONDS)

    def _meddle(self, connection: BlockingConnection) -> None:
        channel = connection.channel()
        channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(QUEUE, REQUESTS, "#")
        for method, found, body in channel.consume(QUEUE, auto_ack=True, inactivity_timeout=0.1):
            if method is not None and found is not None and body is not None:
                self._hold(method.routing_key, found, body)
            self._publish_due(channel)
            if self.stopping.is_set():
                return

    def _hold(self, key: str, found: BasicProperties, body: bytes) -> None:
        if self.chance.random() < _PART:
            # Each waits for a time of its own: that shuffles them.
            due = monotonic() + self.chance.uniform(0, _LATEST_SECONDS)
            heappush(self._held, (due, next(self._number), key, found, body))

    def _publish_due(self, channel: BlockingChannel) -> None:
        while self._held and self._held[0][0] <= monotonic():
            _, _, key, found, body = heappop(self._held)
            channel.basic_publish(REQUESTS, key, body, found)
            self.copies += 1


@dataclass
class EmbeddedMeddler:
    """Puts requests of the last moments into their queues once more, whatever became of them."""

    database: Database
    stopping: Event
    chance: random.Random
    copies: int = 0
    _outlet: Deliveries = field(
        default_factory=lambda: Deliveries(bound_queues(CONSUMERS), lambda _: None)
    )

    def run(self) -> None:
        """Meddle until told to stop."""
        while not self.stopping.wait(self.chance.uniform(0, 2 * _PAUSE_SECONDS)):
            try:
                self._copy()
            except DatabaseUnavailableError:
                continue

    def _copy(self) -> None:
        recent = self.database.query(
            select(events).order_by(events.c.position.desc()).limit(_LOOK_BACK)
        )
        requests = [row for row in recent if is_request(row["type"])]
        chosen = [row for row in requests if self.chance.random() < _PART / 2]
        self.chance.shuffle(chosen)
        now = clock()
        with self.database.transaction() as transaction:
            for row in chosen:
                kind = row["type"]
                departure = Departure(envelope_of(row), exchange(kind), routing_key(kind))
                late = timedelta(seconds=self.chance.uniform(0, _LATEST_SECONDS))
                self._outlet.dispatch(transaction, [departure], now + late)
        self.copies += len(chosen)


Meddler = RabbitMeddler | EmbeddedMeddler
