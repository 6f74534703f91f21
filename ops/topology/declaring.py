"""Declaring the topology on a broker. Nothing is ever deleted here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from socket import gaierror
from time import monotonic
from typing import Literal

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from consumers.amqp_parameters import parameters
from ops.topology.difference import Difference
from ops.topology.wanted import Exchange, Queue, Topology
from producers.brokers import read_brokers
from store.errors import BrokerUnavailableError

_NOT_FOUND = 404
_SILENT_SECONDS = 0.2
"""RabbitMQ waits 250 ms for a queue's leader; then it says that there is nothing, and nobody."""
_MOST_SILENT = 12
"""So often a leader may be asked in vain."""


def apply(url: str, topology: Topology) -> list[Difference]:
    """Declare everything; return what exists already, and differently: that is left as it is.

    Safe to repeat. Raises BrokerUnavailableError, or SetupError for a URL that is none.
    """
    with connected(url) as connection:
        found = [
            difference
            for one in declarations(topology)
            if (difference := one.declare(connection)) is not None
        ]
        channel = connection.channel()
        for binding in topology.bindings:
            channel.queue_bind(binding.queue, binding.exchange, binding.pattern)
    return found


def queue_lengths(url: str, names: Sequence[str]) -> dict[str, int]:
    """Return how many messages are ready in each of the queues that exist.

    Raises BrokerUnavailableError, too when the leader of a queue does not answer.
    """
    found = {}
    with connected(url) as connection:
        for name in names:
            channel = connection.channel()
            try:
                found[name] = _length(channel, name)
                channel.close()
            except ChannelClosedByBroker:
                continue
    return found


def _length(channel: BlockingChannel, name: str) -> int:
    for _ in range(_MOST_SILENT):
        began = monotonic()
        told = channel.queue_declare(name, passive=True).method
        is_known = told.message_count or told.consumer_count
        if is_known or monotonic() - began < _SILENT_SECONDS:
            return int(told.message_count)
    raise BrokerUnavailableError(f"the leader of queue {name} does not answer")


@dataclass(frozen=True, slots=True)
class Declaration:
    """How one exchange or queue is declared, for good or only to see whether it is there."""

    kind: Literal["exchange", "queue"]
    name: str
    _active: Callable[[BlockingChannel], object]
    _passive: Callable[[BlockingChannel], object]

    def compare(self, connection: BlockingConnection) -> Difference | None:
        """Return what is wrong with it on the broker, which is not changed."""
        # A passive declaration ignores arguments. Of what exists, an active one changes nothing:
        # it succeeds when all is the same, and else says what differs.
        return self._attempt(connection, self._passive) or self.declare(connection)

    def is_there(self, connection: BlockingConnection) -> bool:
        """Whether anything of its name is there."""
        return self._attempt(connection, self._passive) is None

    def declare(self, connection: BlockingConnection) -> Difference | None:
        """Make it; return how it differs if it was there already."""
        return self._attempt(connection, self._active)

    def _attempt(
        self, connection: BlockingConnection, declare: Callable[[BlockingChannel], object]
    ) -> Difference | None:
        # A refusal closes the channel, so each attempt has its own.
        channel = connection.channel()
        try:
            declare(channel)
            channel.close()
        except ChannelClosedByBroker as error:
            if error.reply_code == _NOT_FOUND:
                return Difference(self.kind, self.name, "missing")
            return Difference.refused(self.kind, self.name, error.reply_text)
        return None


def declarations(topology: Topology) -> Iterator[Declaration]:
    """Yield one for each exchange, then for each queue."""
    for one in topology.exchanges:
        yield _declare_exchange(one)
    for queue in topology.queues:
        yield declaration(queue)


def declaration(queue: Queue) -> Declaration:
    """Return how a queue is declared."""
    return Declaration(
        "queue",
        queue.name,
        lambda channel: channel.queue_declare(
            queue.name, durable=True, arguments=dict(queue.arguments)
        ),
        lambda channel: channel.queue_declare(queue.name, passive=True),
    )


def _declare_exchange(one: Exchange) -> Declaration:
    return Declaration(
        "exchange",
        one.name,
        lambda channel: channel.exchange_declare(
            one.name, one.kind, durable=True, arguments=dict(one.arguments)
        ),
        lambda channel: channel.exchange_declare(one.name, one.kind, passive=True),
    )


@contextmanager
def connected(url: str) -> Iterator[BlockingConnection]:
    """Yield a connection to the first server that answers.

    Raises BrokerUnavailableError, in the block too, or SetupError for a URL that is none.
    """
    brokers = read_brokers(url)
    try:
        connection = BlockingConnection([parameters(one, "muniment topology") for one in brokers])
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()
    except (AMQPError, gaierror) as error:
        servers = ", ".join(map(str, brokers))
        raise BrokerUnavailableError(f"RabbitMQ at {servers}: {error!r}") from error
