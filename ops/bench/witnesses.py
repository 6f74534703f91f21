"""Independent witnesses: which follow-ons really arrived, and when.

On RabbitMQ a witness is a queue of its own, bound as any subscriber's would be. Embedded, it is a
reader of the event stream and of the ledger.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPResponse
from time import monotonic
from typing import Protocol

from pika import BasicProperties
from pydantic_core import from_json
from sqlalchemy import select

from ops.bench.installation import Installation
from ops.bench.processes import MeasurementError
from ops.bench.queues import connected, declare, empty
from producers.brokers import Broker
from schemas.envelope import from_amqp
from schemas.probes import ProbeAnswered
from schemas.routing import FACTS, routing_key
from store.tables import events

QUEUE = "bench.witness"

_PATIENCE_SECONDS = 30.0

Echo = Callable[[str], float]
"""Waits for the follow-on of an event, and returns when it was seen (monotonic clock)."""


class Witness(Protocol):
    """Sees every follow-on, for as long as it is there."""

    def seen(self) -> Counter[str]:
        """Return how often each event was answered, since the last call."""
        ...

    def echoing(self) -> AbstractContextManager[Echo]:
        """Watch, for a block, for one follow-on after another."""
        ...


class QueueWitness:
    """A quorum queue bound to the facts."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @contextmanager
    def bound(self) -> Iterator["QueueWitness"]:
        """See for a block; the exchanges have to be there."""
        with declare(self._broker, QUEUE):
            with connected(self._broker) as connection:
                key = routing_key(ProbeAnswered.TYPE)
                connection.channel().queue_bind(QUEUE, FACTS, key)
            yield self

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
            connection.request("GET", f"/events/stream?type={routing_key(ProbeAnswered.TYPE)}")
            stream = connection.getresponse()
            yield lambda key: _await(stream, key)
        finally:
            connection.close()


def _await(stream: HTTPResponse, key: str) -> float:
    deadline = monotonic() + _PATIENCE_SECONDS
    # An idle stream says every now and then that it is alive: there is always a next line.
    while (line := stream.readline()) and monotonic() < deadline:
        if line.startswith(b"data:"):
            seen = monotonic()
            if from_json(line[5:]).get("causationid") == key:
                return seen
    raise MeasurementError(f"the follow-on of {key} did not come")
