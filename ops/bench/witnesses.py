"""Independent witnesses: which follow-ons really arrived, and when.

On RabbitMQ a witness is a queue of its own, bound as any subscriber's would be. Embedded, it is a
reader of the event stream and of the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from time import monotonic
from typing import Any, Protocol

from pika import BasicProperties
from pika.adapters.blocking_connection import BlockingChannel
from pydantic_core import from_json
from sqlalchemy import select

from ops.bench.installation import Installation
from ops.bench.processes import MeasurementError
from ops.bench.vhosts import connected
from producers.brokers import Broker
from schemas.envelope import from_amqp
from schemas.probes import ProbeAnswered
from schemas.routing import FACTS, routing_key
from store.tables import events

QUEUE = "bench.witness"

_MARKER = "the end of what there was"
_PATIENCE_SECONDS = 30.0

Echo = Callable[[str], float]
"""Waits for the follow-on of an event, and returns when it was seen (monotonic clock)."""


class Witness(Protocol):
    """Has seen every follow-on."""

    def seen(self) -> Counter[str]:
        """Return how often each event was answered, since the last call."""
        ...

    def echoing(self) -> Any:  # noqa: ANN401 - a context manager of an Echo
        """Watch, for a block, for one follow-on after another."""
        ...


class QueueWitness:
    """A quorum queue bound to the facts."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def bind(self) -> None:
        """Begin to see; the exchanges have to be there."""
        with connected(self._broker) as connection:
            channel = connection.channel()
            declare(channel, QUEUE)
            channel.queue_bind(QUEUE, FACTS, routing_key(ProbeAnswered.TYPE))

    def seen(self) -> Counter[str]:
        """See the protocol."""
        with connected(self._broker) as connection:
            return Counter(
                from_amqp(vars(properties), body).causationid or ""
                for properties, body in empty(connection.channel(), QUEUE)
            )

    @contextmanager
    def echoing(self) -> Iterator[Echo]:
        """See the protocol."""
        arrived: dict[str, float] = {}

        def note(_: object, __: object, properties: BasicProperties, body: bytes) -> None:
            arrived[from_amqp(vars(properties), body).causationid or ""] = monotonic()

        with connected(self._broker) as connection:
            channel = connection.channel()
            channel.basic_consume(QUEUE, note, auto_ack=True)

            def wait(key: str) -> float:
                deadline = monotonic() + _PATIENCE_SECONDS
                while key not in arrived:
                    if monotonic() > deadline:
                        raise MeasurementError(f"the follow-on of {key} did not come")
                    connection.process_data_events(1)
                return arrived[key]

            yield wait


class LedgerWitness:
    """The event stream, and the ledger behind it."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._position = 0

    def seen(self) -> Counter[str]:
        """See the protocol."""
        rows = self._installation.database.query(
            select(events.c.position, events.c.cause)
            .where(events.c.type == ProbeAnswered.TYPE, events.c.position > self._position)
            .order_by(events.c.position)
        )
        if rows:
            self._position = rows[-1]["position"]
        return Counter(row["cause"] for row in rows)

    @contextmanager
    def echoing(self) -> Iterator[Echo]:
        """See the protocol."""
        connection = HTTPConnection(
            self._installation.host, self._installation.port, timeout=_PATIENCE_SECONDS
        )
        try:
            connection.request("GET", f"/events/stream?type={ProbeAnswered.TYPE}")
            stream = connection.getresponse()
            yield lambda key: _await(stream, key)
        finally:
            connection.close()


def declare(channel: BlockingChannel, queue: str, **arguments: object) -> None:
    """Declare a durable quorum queue."""
    channel.queue_declare(
        queue, durable=True, arguments={"x-queue-type": "quorum", **arguments}
    )


def empty(channel: BlockingChannel, queue: str) -> Iterator[tuple[BasicProperties, bytes]]:
    """Take everything out of a queue to which nothing is published any more."""
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"", BasicProperties(type=_MARKER), mandatory=True)
    for method, properties, body in channel.consume(
        queue, auto_ack=True, inactivity_timeout=_PATIENCE_SECONDS
    ):
        if method is None:
            raise MeasurementError(f"the queue {queue} has lost a confirmed message")
        if properties.type == _MARKER:
            break
        yield properties, body
    channel.cancel()


def _await(stream: HTTPResponse, key: str) -> float:
    while line := stream.readline():
        if line.startswith(b"data:"):
            seen = monotonic()
            event = from_json(line[5:])
            if event.get("causationid") == key:
                return seen
    raise MeasurementError("the event stream has ended")
