"""The publisher to RabbitMQ; satisfies `producers.ports.Publisher`."""

import logging
from collections.abc import Sequence
from functools import partial
from threading import Lock
from time import monotonic

from amqp import Message
from pydantic_core import to_json

from producers.amqp_sending import WINDOW, AmqpSender, DestinationError
from producers.brokers import read_brokers
from producers.confirms import Sending
from producers.ports import Fate
from schemas.envelope import JSON, to_amqp
from schemas.routing import REPLIES, REQUESTS
from store.outbox import Due

__all__ = ["WINDOW", "AmqpPublisher"]

_PAUSE_SECONDS = 30.0
_MANDATORY = frozenset(("", REQUESTS))
_TRANSIENT = 1
_log = logging.getLogger(__name__)


class AmqpPublisher:
    """Publishes to the first of a URL's servers that answers. Connects when first used.

    `name` is what the management UI shows; `confirm_seconds` is how long the broker may be silent
    while messages wait for their confirmation. Safe to use from many threads, which wait for
    one another.
    """

    def __init__(self, url: str, name: str, *, confirm_seconds: float = 10.0) -> None:
        self._sender = AmqpSender(read_brokers(url), name, confirm_seconds=confirm_seconds)
        self._lock = Lock()
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
                except DestinationError:
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
            except DestinationError as error:
                _log.warning("%s waits, and holds up no other destination: %s", name, error)
                self._failing[name] = monotonic() + _PAUSE_SECONDS
                continue
            for number, fate in zip(positions, found, strict=True):
                fates[number] = fate
        return fates

    def _publish(self, batch: Sequence[Due]) -> list[Fate]:
        return self._sender.send([sending(due) for due in batch])

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Wake the ingress process at `address`; see the port."""
        message = Message(to_json(operations), content_type=JSON, delivery_mode=_TRANSIENT)
        with self._lock:
            self._sender.drop(Sending(REPLIES, address, lambda: message))

    def check(self) -> None:
        """Connect if need be, and ask the broker; see the port."""
        with self._lock:
            self._sender.check()

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            self._sender.close()


def sending(due: Due) -> Sending:
    """Return the message that an event becomes."""
    message = partial(_message, due)
    return Sending(due.exchange, due.routing_key, message, mandatory=due.exchange in _MANDATORY)


def _message(due: Due) -> Message:
    properties, body = to_amqp(due.envelope)
    return Message(body, application_headers=properties.pop("headers"), **properties)
