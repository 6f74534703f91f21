"""The SDK over AMQP: post events to RabbitMQ, and receive facts from a queue of one's own."""

from collections.abc import Sequence
from typing import Self, overload

from producers.amqp import AmqpPublisher
from producers.client_errors import UnroutableError
from producers.client_http import Tries
from producers.client_stamp import client_stamp
from producers.ports import Fate
from producers.subscribing_amqp import Binding, QueueSubscription
from schemas.base import Event
from schemas.catalogue import decode
from schemas.envelope import Envelope
from schemas.routing import exchange, routing_key
from store.errors import BrokerUnavailableError
from store.outbox import Due


class AmqpClient:
    """A pipeline's connection to the bus, past the ingress. Connects when first used.

    `source` is what its events name as their source, a URI reference. Trouble is tried again for
    `patience_seconds`. Safe to use from many threads.
    """

    def __init__(
        self,
        url: str,
        *,
        source: str | None = None,
        name: str = "muniment-client",
        patience_seconds: float = 30.0,
    ) -> None:
        """Raise SetupError when `url` is no AMQP URL; `name` shows in RabbitMQ's management UI."""
        self._url = url
        self._name = name
        self._patience = patience_seconds
        self._stamp = client_stamp(source)
        self._publisher = AmqpPublisher(url, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection that posts; subscriptions have their own."""
        self._publisher.close()

    @overload
    def post(self, event: Event | Envelope, *, cause: Envelope | None = None) -> str: ...
    @overload
    def post(
        self, event: Sequence[Event | Envelope], *, cause: Envelope | None = None
    ) -> list[str]: ...
    def post(
        self, event: Event | Envelope | Sequence[Event | Envelope], *, cause: Envelope | None = None
    ) -> str | list[str]:
        """Publish one event or several and return their keys, once the broker has all of them.

        `cause` is the event they follow from. Ids are given before the first try, so that what
        arrives twice is handled once. Raises UnknownTypeError, InvalidDataError, UnroutableError
        (of several events others may have been published) or BrokerUnavailableError.
        """
        if isinstance(event, Event | Envelope):
            return self._post([event], cause)[0]
        return self._post(event, cause)

    def subscribe(
        self, pattern: str = "#", queue: str | None = None, *, prefetch: int = 100
    ) -> QueueSubscription:
        """Receive the facts whose routing key fits a topic pattern, e.g. `file.archived.v1`.

        With the name of a `queue`, events are kept for it while nobody subscribes, each until the
        subscriber asks for the next: at least once. Several subscribers of one queue share its
        events. Patterns add up: a queue stays bound to those of earlier subscriptions. Without a
        name the queue is temporary, and misses what happens while the connection is broken.

        Raises SetupError or BrokerUnavailableError.
        """
        return QueueSubscription(
            self._url, self._name, Binding(pattern, queue, prefetch), self._patience
        )

    def _post(self, events: Sequence[Event | Envelope], cause: Envelope | None) -> list[str]:
        envelopes = [self._enclose(event, cause) for event in events]
        waiting = [
            Due(envelope.key, envelope, exchange(envelope.type), routing_key(envelope.type))
            for envelope in envelopes
        ]
        tries = Tries(self._patience)
        while waiting:
            try:
                fates = self._publisher.publish(waiting)
            except BrokerUnavailableError as error:
                tries.failed(error)
                continue
            for due, fate in zip(waiting, fates, strict=True):
                if fate is Fate.RETURNED:
                    raise UnroutableError(due.envelope)
            refused = [due for due, fate in zip(waiting, fates, strict=True) if fate is Fate.NACKED]
            if refused:
                tries.failed(BrokerUnavailableError("a queue is full, and takes no more events"))
            waiting = refused
        return [envelope.key for envelope in envelopes]

    def _enclose(self, event: Event | Envelope, cause: Envelope | None) -> Envelope:
        if isinstance(event, Event):
            return self._stamp.put_on(event, cause=cause)
        # Over AMQP nobody answers that an event is not valid; it would only be parked.
        decode(event)
        return self._stamp.adopt(event)
