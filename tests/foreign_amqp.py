"""RabbitMQ as a program speaks to it that knows nothing of us: plain pika."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import NackError

__all__ = ["Message", "NackError", "channel", "declare", "empty", "length", "publish"]

_SILENCE_SECONDS = 0.25


class Message(NamedTuple):
    """One message as it lay in a queue."""

    routing_key: str
    properties: Any
    body: bytes


@contextmanager
def channel(url: str) -> Iterator[BlockingChannel]:
    """Yield a channel on a connection of its own."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


def publish(url: str, exchange: str, key: str, body: bytes = b"{}", **properties: object) -> None:
    """Publish one message and wait until the broker has it. Raises NackError if it refuses."""
    make: Any = pika.BasicProperties
    with channel(url) as to:
        to.confirm_delivery()
        to.basic_publish(exchange, key, body, make(**properties))


def empty(url: str, queue: str) -> list[Message]:
    """Take every message out of a queue, in order."""
    found = []
    is_empty = False
    with channel(url) as to:
        for method, properties, body in to.consume(
            queue, auto_ack=True, inactivity_timeout=_SILENCE_SECONDS
        ):
            if method is not None and body is not None:
                found.append(Message(method.routing_key, properties, body))
                is_empty = False
            elif is_empty:
                break
            else:
                # A broker that has much to do is silent, too, and says then that nobody listens.
                told = to.queue_declare(queue, passive=True).method
                is_empty = told.consumer_count > 0 and told.message_count == 0
    return found


def length(url: str, queue: str) -> int:
    """Return how many messages are ready in a queue."""
    with channel(url) as to:
        return int(to.queue_declare(queue, passive=True).method.message_count)


def declare(url: str, queue: str, **arguments: object) -> None:
    """Declare a durable quorum queue; `x_max_length` stands for `x-max-length`."""
    named = {name.replace("_", "-"): value for name, value in arguments.items()}
    with channel(url) as to:
        to.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum", **named})
