"""Queues of the measurement's own on RabbitMQ."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pika import BasicProperties, BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from consumers.amqp_parameters import parameters
from ops.bench.processes import MeasurementError
from producers.brokers import Broker
from store.errors import BrokerUnavailableError

_QUORUM = {"x-queue-type": "quorum"}
_MARKER = "the end of what there was"
_PATIENCE_SECONDS = 30.0


@contextmanager
def connected(broker: Broker) -> Iterator[BlockingConnection]:
    """Connect for a block. Raises BrokerUnavailableError."""
    try:
        connection = BlockingConnection(parameters(broker, "bench"))
    except (AMQPError, OSError) as error:
        raise BrokerUnavailableError(f"RabbitMQ at {broker}: {error!r}") from error
    try:
        yield connection
    finally:
        if connection.is_open:
            connection.close()


@contextmanager
def declare(
    broker: Broker, queue: str, arguments: Mapping[str, object] = _QUORUM
) -> Iterator[None]:
    """Have a durable queue for a block."""
    with connected(broker) as connection:
        connection.channel().queue_declare(queue, durable=True, arguments=dict(arguments))
    try:
        yield
    finally:
        with connected(broker) as connection:
            connection.channel().queue_delete(queue)


def properties(**given: object) -> BasicProperties:
    """Return basic properties."""
    make: Any = BasicProperties  # pika types the class, but not how it is made
    made: BasicProperties = make(**given)
    return made


def empty(channel: BlockingChannel, queue: str) -> Iterator[tuple[BasicProperties, bytes]]:
    """Take everything out of a queue to which nothing is published any more."""
    # A queue is first in, first out: what comes before the marker is all there was.
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"", properties(type=_MARKER), mandatory=True)
    consuming = channel.consume(queue, auto_ack=True, inactivity_timeout=_PATIENCE_SECONDS)
    for method, found, body in consuming:
        if method is None or found is None or body is None:
            raise MeasurementError(f"the queue {queue} has lost a confirmed message")
        if found.type == _MARKER:
            break
        yield found, body
    channel.cancel()
