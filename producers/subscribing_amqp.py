"""A subscription over AMQP: a queue of one's own, bound to the facts."""

import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from threading import Event as Flag
from threading import Lock
from typing import Any, Self

from amqp import AMQPError, Message
from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed, ResourceLocked
from kombu.exceptions import KombuError

from producers.amqp_connection import connect
from producers.brokers import Broker, read_brokers
from producers.client_http import Tries
from producers.received import Received
from schemas.envelope import Envelope, EnvelopeError, from_amqp
from schemas.routing import FACTS
from store.errors import BrokerUnavailableError, SetupError

# A broker that has just restarted says some of these of a queue that will be there in a moment:
# they end the first attempt to connect, and no later one.
_HOPELESS = (AccessRefused, NotFound, PreconditionFailed, ResourceLocked)
_NEVER: tuple[type[AMQPError], ...] = ()
_LOST = (AMQPError, KombuError, OSError)
_TICK_SECONDS = 0.5
_PATIENCE_SECONDS = 10.0
_FOR_EVER = float("inf")
_PROPERTIES = ("content_type", "message_id", "type", "correlation_id", "timestamp")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a subscriber wants: a queue, and what goes into it."""

    pattern: str
    """A topic pattern for routing keys."""
    queue: str | None
    """None: a temporary one."""
    prefetch: int
    """Events that may be on their way to the subscriber."""

    def __str__(self) -> str:
        return f"the queue {self.queue!r}" if self.queue else "the temporary queue"


class QueueSubscription:
    """Received facts, for ever: iterate over it in one thread, close it from any.

    The queue exists when this has been made. An event is acknowledged when the next one is asked
    for, or by `acknowledge`; until then it stays in the queue. When the connection breaks it is
    made again, and what was not acknowledged comes once more, marked `redelivered`.
    """

    def __init__(self, url: str, name: str, binding: Binding, patience_seconds: float) -> None:
        self._rotation = cycle(read_brokers(url))
        self._name = name
        self._binding = binding
        self._closed = Flag()
        self._using = Lock()
        self._messages: deque[Message] = deque()
        self._current: Message | None = None
        self._connection: Any = None
        self._tries = Tries(_FOR_EVER, self._closed.wait)
        self._connect(Tries(patience_seconds), _HOPELESS)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Received:
        with self._using:
            while not self._closed.is_set():
                try:
                    received = self._next()
                except _LOST as error:
                    self._reconnect(error)
                else:
                    if received is not None:
                        self._tries.succeeded()
                        return received
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def acknowledge(self) -> None:
        """Let the event received last be forgotten now, instead of with the next."""
        with self._using, suppress(*_LOST):  # what is lost comes again
            self._acknowledge()

    def close(self) -> None:
        """End it; whoever waits for the next event gets StopIteration, soon.

        What was not acknowledged stays in the queue. A temporary queue goes.
        """
        self._closed.set()
        with self._using:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(*_LOST):
                    connection.release()
                connection.collect()

    # --- receiving ------------------------------------------------------------------------------

    def _next(self) -> Received | None:
        self._acknowledge()
        if not self._messages:
            with suppress(TimeoutError):
                self._connection.connection.drain_events(timeout=_TICK_SECONDS)
        if not self._messages:
            return None
        self._current = self._messages.popleft()
        try:
            envelope = _envelope(self._current)
        except EnvelopeError as error:
            _log.warning("%s: skipping a message that is no event: %s", self._binding, error)
            return None
        return Received(envelope, redelivered=bool(self._current.delivery_info["redelivered"]))

    def _acknowledge(self) -> None:
        message, self._current = self._current, None
        if message is not None:
            message.channel.basic_ack(message.delivery_tag)

    # --- connecting -----------------------------------------------------------------------------

    def _reconnect(self, error: Exception) -> None:
        kept = "" if self._binding.queue else ", which misses what happens meanwhile"
        _log.warning("%s%s, lost its connection: %s", self._binding, kept, error)
        self._forget()
        self._connect(self._tries, _NEVER)

    def _connect(self, tries: Tries, hopeless: tuple[type[AMQPError], ...]) -> None:
        while not self._closed.is_set():
            broker = next(self._rotation)
            try:
                self._open(broker)
            except hopeless as error:
                self._forget()
                raise SetupError(_advice(self._binding, error)) from error
            except _LOST as error:
                self._forget()
                tries.failed(BrokerUnavailableError(f"RabbitMQ at {broker}: {error}"))
            else:
                return

    def _open(self, broker: Broker) -> None:
        self._connection = connect(broker, self._name, _PATIENCE_SECONDS)
        # The bare connection: kombu's would reconnect by itself, without our queue.
        channel = self._connection.connection.channel()
        queue = self._binding.queue
        if queue is None:
            queue = channel.queue_declare(exclusive=True, auto_delete=True).queue
        else:
            arguments = {"x-queue-type": "quorum"}
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments=arguments)
        channel.queue_bind(queue, FACTS, self._binding.pattern)
        channel.basic_qos(0, self._binding.prefetch, a_global=False)
        channel.basic_consume(queue, callback=self._messages.append, consumer_tag=self._name)

    def _forget(self) -> None:
        self._messages.clear()
        self._current = None
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.collect()


def _envelope(message: Message) -> Envelope:
    properties = {name: message.properties.get(name) for name in _PROPERTIES}
    body = message.body
    data = body.encode() if isinstance(body, str) else bytes(body)
    return from_amqp({**properties, "headers": message.headers}, data)


def _advice(binding: Binding, error: AMQPError) -> str:
    if isinstance(error, NotFound):
        return f"{error.reply_text}: run `muniment topology apply` for this broker"
    if isinstance(error, PreconditionFailed):
        return f"{binding} exists and is of another kind; choose another name, or delete it"
    return f"{error.reply_text} (wanted: {binding}): see to the user and its permissions"
