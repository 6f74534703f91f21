"""Outsiders: programs that know AMQP and nothing of us, and post requests straight to RabbitMQ."""

import random
import uuid
from dataclasses import dataclass
from threading import Event

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from consumers.amqp_parameters import parameters
from ops.bench.queues import properties
from ops.chaos.accepted import Accepted
from producers.brokers import Broker
from schemas.envelope import JSON
from schemas.probes import ProbeRequested
from schemas.routing import REQUESTS, routing_key

_THINK_SECONDS = 0.2
_PAUSE_SECONDS = 0.2
_TRIES_AFTER_THE_END = 100


@dataclass
class Outsider:
    """Publishes probes with confirms; what is not confirmed it publishes again."""

    broker: Broker
    accepted: Accepted
    stopping: Event
    chance: random.Random

    def run(self) -> None:
        """Publish until told to stop."""
        key: str | None = None
        tries_left = _TRIES_AFTER_THE_END
        while not self.stopping.is_set() or (key is not None and tries_left):
            try:
                connection = BlockingConnection(parameters(self.broker, "chaos outsider"))
                try:
                    channel = connection.channel()
                    channel.confirm_delivery()
                    while not self.stopping.is_set() or key is not None:
                        key = key or str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
                        self._publish(channel, key)
                        self.accepted.probe(key)
                        key = None
                        connection.sleep(self.chance.uniform(0, _THINK_SECONDS))
                finally:
                    if connection.is_open:
                        connection.close()
            except (AMQPError, OSError):
                tries_left -= self.stopping.is_set()
                Event().wait(_PAUSE_SECONDS)
        if key is not None:
            self.accepted.surprise("AMQP: in the end an outsider's request is not confirmed")

    def _publish(self, channel: BlockingChannel, key: str) -> None:
        headers = {
            "cloudEvents:specversion": "1.0",
            "cloudEvents:id": key,
            "cloudEvents:source": "/chaos/outsider",
            "cloudEvents:type": ProbeRequested.TYPE,
        }
        given = properties(message_id=key, content_type=JSON, delivery_mode=2, headers=headers)
        channel.basic_publish(
            REQUESTS, routing_key(ProbeRequested.TYPE), b'{"probe": "chaos"}', given, mandatory=True
        )
