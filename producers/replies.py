"""Hears doorbells from other processes: transient messages on `muniment.replies`.

Nothing here is kept: while there is no broker doorbells are lost, and whoever waits polls.
"""

import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from threading import Event, Thread
from uuid import uuid4

from amqp import AMQPError, Message
from kombu.exceptions import KombuError
from pydantic import TypeAdapter, ValidationError

from producers.amqp_connection import connect
from producers.brokers import Broker, read_brokers
from schemas.routing import REPLIES

_TICK_SECONDS = 1.0
_HEARTBEAT_SECONDS = 30
_PATIENCE_SECONDS = 10.0
_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_OPERATIONS = TypeAdapter(list[str])
_log = logging.getLogger(__name__)


class ReplyListener:
    """Calls `ring` with the operations that ended, on a thread of its own.

    Its queue, bound by `address`, exists as long as the connection.
    """

    def __init__(
        self,
        url: str,
        address: str,
        ring: Callable[[Sequence[str]], None],
        name: str,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._rotation = cycle(read_brokers(url))
        self._address = address
        self._ring = ring
        self._name = name
        self._jitter = jitter
        self._stopping = Event()
        self.connected = False
        """Whether doorbells can come right now."""
        self._thread = Thread(target=self._run, name="doorbells", daemon=True)

    def start(self) -> None:
        """Begin to listen, and go on for ever."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; takes up to a second."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            broker = next(self._rotation)
            try:
                self._listen(broker)
            except (AMQPError, KombuError, OSError) as error:
                # After a time of listening this is news, later failures of the outage are not.
                failures = 0 if self.connected else failures + 1
                level = logging.DEBUG if failures else logging.WARNING
                _log.log(level, "no doorbells from RabbitMQ at %s for now: %s", broker, error)
            finally:
                self.connected = False
            pause = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2 ** min(failures, 10))
            self._stopping.wait(pause * (0.5 + 0.5 * self._jitter()))

    def _listen(self, broker: Broker) -> None:
        outer = connect(broker, self._name, _PATIENCE_SECONDS, heartbeat=_HEARTBEAT_SECONDS)
        # The bare connection: kombu's would reconnect by itself, without our queue.
        connection = outer.connection
        try:
            channel = connection.channel()
            # Named for who reads the management UI; a connection that is half dead may still
            # hold a queue of the plain name.
            queue = f"{self._name}.{uuid4().hex[:8]}"
            channel.queue_declare(queue, exclusive=True, auto_delete=True)
            channel.queue_bind(queue, REPLIES, self._address)
            channel.basic_consume(queue, consumer_tag=self._name, callback=self._heard, no_ack=True)
            self.connected = True
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=_TICK_SECONDS)
                connection.heartbeat_tick()
            outer.release()
        finally:
            outer.collect()

    def _heard(self, message: Message) -> None:
        try:
            operations = _OPERATIONS.validate_json(message.body)
        except ValidationError as error:
            _log.warning("a doorbell that names no operations: %s", error)
        else:
            self._ring(operations)
