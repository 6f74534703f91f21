"""The publisher to RabbitMQ; satisfies `producers.ports.Publisher`."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from threading import Lock
from time import monotonic
from typing import Any

from amqp import AMQPError, Message, NotFound
from kombu.exceptions import KombuError
from pydantic_core import to_json

from producers.amqp_connection import PublishingConnection
from producers.brokers import read_brokers
from producers.confirms import Confirms
from producers.ports import Fate
from schemas.envelope import JSON, to_amqp
from schemas.routing import REPLIES, REQUESTS
from store.errors import BrokerUnavailableError
from store.outbox import Due

WINDOW = 500
"""Messages that may be on their way at once; throughput grows up to about here."""

_PAUSE_SECONDS = 30.0
_MANDATORY = frozenset(("", REQUESTS))
_TRANSIENT = 1
_log = logging.getLogger(__name__)


class _DestinationError(BrokerUnavailableError):
    """The broker is there, as far as is known, but not what one of the messages is for."""


class AmqpPublisher:
    """Publishes to the first of a URL's servers that answers. Connects when first used.

    `name` is what the management UI shows; `confirm_seconds` is how long the broker may be silent
    while messages wait for their confirmation. Safe to use from many threads, which wait for
    one another.
    """

    def __init__(self, url: str, name: str, *, confirm_seconds: float = 10.0) -> None:
        self._brokers = read_brokers(url)
        self._next = cycle(self._brokers)
        self._name = name
        self._patience = confirm_seconds
        self._lock = Lock()
        self._connection: PublishingConnection | None = None
        self._confirms = Confirms((), 1)
        self._failing: dict[str, float] = {}

    def publish(self, batch: Sequence[Due]) -> list[Fate]:
        """Publish all; see the port.

        While one of several destinations fails (its exchange is missing, or the leader of one of
        its queues is), messages to it alone are NACKED.
        """
        with self._lock:
            now = monotonic()
            self._failing = {name: until for name, until in self._failing.items() if until > now}
            if not self._failing:
                try:
                    return self._publish(batch)
                except _DestinationError:
                    if len({due.destination for due in batch}) == 1:
                        raise
            return self._publish_apart(batch)

    def _publish_apart(self, batch: Sequence[Due]) -> list[Fate]:
        """Publish destination by destination, and leave out those that have just failed."""
        fates = [Fate.NACKED] * len(batch)
        for name in {due.destination: None for due in batch}:
            if name in self._failing:
                continue
            positions = [number for number, due in enumerate(batch) if due.destination == name]
            try:
                found = self._publish([batch[number] for number in positions])
            except _DestinationError as error:
                _log.warning("%s waits, and holds up no other destination: %s", name, error)
                self._failing[name] = monotonic() + _PAUSE_SECONDS
                continue
            for number, fate in zip(positions, found, strict=True):
                fates[number] = fate
        return fates

    def _publish(self, batch: Sequence[Due]) -> list[Fate]:
        with self._connected() as connection:
            confirms = self._confirms = Confirms(batch, connection.next_tag)
            for sent, due in enumerate(batch):
                if sent - confirms.known >= WINDOW:
                    connection.flush()
                    while sent - confirms.known > WINDOW // 2:
                        connection.wait()
                connection.publish(
                    _message(due),
                    due.exchange,
                    due.routing_key,
                    mandatory=due.exchange in _MANDATORY,
                )
            connection.flush()
            while confirms.known < len(batch):
                connection.wait()
            return confirms.fates

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Wake the ingress process at `address`; see the port."""
        message = Message(to_json(operations), content_type=JSON, delivery_mode=_TRANSIENT)
        with self._lock, self._connected() as connection:
            connection.publish(message, REPLIES, address, mandatory=False)
            connection.flush()

    def check(self) -> None:
        """Connect if need be, and ask the broker; see the port."""
        with self._lock, self._connected() as connection:
            connection.ask()

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is None:
                return
            if connection.blocked is None:
                connection.close()
            else:
                connection.drop()

    # --- as the connection's listener -----------------------------------------------------------

    def confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as the wire has it
        """Note a basic.ack."""
        self._confirms.answer(tag, multiple=multiple, fate=Fate.CONFIRMED)

    def refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001
        """Note a basic.nack."""
        self._confirms.answer(tag, multiple=multiple, fate=Fate.NACKED)

    def returned(self, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> None:
        """Note a basic.return."""
        self._confirms.returned(exchange, routing_key, headers)

    # --- connecting -----------------------------------------------------------------------------

    @contextmanager
    def _connected(self) -> Iterator[PublishingConnection]:
        connection = self._usable() or self._connect()
        try:
            yield connection
        except BrokerUnavailableError:
            # Blocked. Closing now would leave what the broker has not read yet to be published
            # when the alarm is over, once more with every attempt; `_usable` waits for that.
            raise
        except NotFound as error:
            self._drop()
            raise _DestinationError(
                f"RabbitMQ at {connection.broker}: {_reason(error)}; run `muniment topology apply`"
            ) from error
        except TimeoutError as error:
            self._drop()
            raise _DestinationError(
                f"RabbitMQ at {connection.broker} confirms nothing for {self._patience:g} s"
            ) from error
        except (AMQPError, KombuError, OSError) as error:
            self._drop()
            raise BrokerUnavailableError(
                f"RabbitMQ at {connection.broker}: {_reason(error)}"
            ) from error

    def _usable(self) -> PublishingConnection | None:
        """Return the connection if it has outlived the time since it was last used."""
        connection = self._connection
        if connection is None:
            return None
        try:
            connection.check()
        except (AMQPError, OSError):
            self._drop()
        else:
            if connection.was_blocked:
                # What it still carries belongs to a batch that has been given up.
                self._drop()
        return self._connection

    def _connect(self) -> PublishingConnection:
        problems = []
        for broker in islice(self._next, len(self._brokers)):
            try:
                self._connection = PublishingConnection(broker, self._name, self, self._patience)
            except (AMQPError, KombuError, OSError) as error:
                problems.append(f"RabbitMQ at {broker}: {_reason(error)}")
            except BrokerUnavailableError as error:
                problems.append(str(error))
            else:
                return self._connection
        raise BrokerUnavailableError("; ".join(problems))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()


def _message(due: Due) -> Message:
    properties, body = to_amqp(due.envelope)
    return Message(body, application_headers=properties.pop("headers"), **properties)


def _reason(error: Exception) -> str:
    return str(getattr(error, "reply_text", None) or error or type(error).__name__)
