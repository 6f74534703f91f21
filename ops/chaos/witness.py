"""The independent witness: which follow-ons a subscriber on RabbitMQ really got."""

from collections.abc import Iterator
from contextlib import contextmanager

from ops.bench.queues import connected, declare, empty
from producers.brokers import Broker
from schemas.envelope import from_amqp
from schemas.routing import FACTS

QUEUE = "chaos.witness"


@contextmanager
def subscribed(broker: Broker) -> Iterator[None]:
    """Have a queue bound to all facts for a block."""
    with declare(broker, QUEUE):
        with connected(broker) as connection:
            connection.channel().queue_bind(QUEUE, FACTS, "#")
        yield


def seen(broker: Broker) -> set[str]:
    """Return the keys of all facts that came; one that came twice is one."""
    with connected(broker) as connection:
        return {
            from_amqp(vars(properties), body).key
            for properties, body in empty(connection.channel(), QUEUE)
        }
