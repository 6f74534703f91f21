"""The exchanges, queues and bindings that RabbitMQ has to have, derived from the consumers.

`plan` compares them with a broker and changes nothing; `apply` declares them and never deletes.
Workers only declare passively, so that nothing but `apply` shapes the broker.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from pika import BlockingConnection
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker

from consumers.amqp_parameters import parameters
from consumers.contract import Consumer
from ops.management import Management, ManagementError
from producers.brokers import read_brokers
from schemas.routing import DEAD, FACTS, REPLIES, REQUESTS, UNROUTED
from store.errors import BrokerUnavailableError

DELIVERY_LIMIT = 20
"""Deliveries after which a message that nobody finishes is dead-lettered; a backstop for crash
loops. Attempts are counted in the database; on brokers before 4.3 handing back counts here too."""

_NEVER = 2**31 - 1
_NOT_FOUND = 404
_LOSING = ("message-ttl", "expires")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One durable exchange."""

    name: str
    kind: Literal["topic", "direct", "fanout"]
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """One durable queue."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """What a queue gets from an exchange."""

    queue: str
    exchange: str
    pattern: str

    def __str__(self) -> str:
        return f"{self.exchange} -> {self.queue} ({self.pattern or 'everything'})"


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything that has to be there."""

    exchanges: tuple[Exchange, ...]
    queues: tuple[Queue, ...]
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it has to be."""

    kind: Literal["exchange", "queue", "binding", "policy"]
    name: str
    state: Literal["missing", "different", "extra", "unknown"]
    """`extra`: on the broker, and of no use to us; `unknown`: could not be read."""
    detail: str = ""


def derive(
    consumers: Sequence[Consumer[Any]],
    *,
    delivery_limit: int = DELIVERY_LIMIT,
    archived_fits: str = "",
) -> Topology:
    """Return the topology for the consumers; `archived_fits` names that exchange, empty: none."""
    exchanges = [
        Exchange(REQUESTS, "topic", {"alternate-exchange": UNROUTED}),
        Exchange(FACTS, "topic"),
        Exchange(REPLIES, "direct"),
        Exchange(DEAD, "fanout"),
        Exchange(UNROUTED, "fanout"),
    ]
    if archived_fits:
        exchanges.append(Exchange(archived_fits, "fanout"))
    # Both keep what they have until somebody has looked at it. The limit is one that is never
    # reached: brokers from 4.0 on would otherwise drop a message after 20 deliveries.
    kept = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-delivery-limit": _NEVER,
    }
    queues = [Queue(DEAD, kept), Queue(UNROUTED, kept)]
    bindings = [Binding(DEAD, DEAD, ""), Binding(UNROUTED, UNROUTED, "")]
    for consumer in consumers:
        queues.append(Queue(consumer.name, _work(consumer.name, delivery_limit)))
        bindings += [Binding(consumer.name, *binding) for binding in consumer.bindings]
    return Topology(tuple(exchanges), tuple(queues), tuple(bindings))


def _work(queue: str, delivery_limit: int) -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": delivery_limit,
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-routing-key": queue,
        # With any other overflow the broker accepts at-least-once, and does at-most-once.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


# --- plan and apply -----------------------------------------------------------------------------


def plan(url: str, topology: Topology, management_url: str = "") -> list[Difference]:
    """Return how the broker differs from the topology; [] when it does not.

    Bindings and policies can only be read from the management API, as the user in its URL or
    else the one in `url`.
    Raises BrokerUnavailableError, or SetupError for a URL that is none.
    """
    with _connected(url) as connection:
        found = [
            difference
            for declare in _declarations(topology)
            if (difference := declare.compare(connection)) is not None
        ]
    return found + _plan_bindings(url, topology, management_url)


def apply(url: str, topology: Topology) -> list[Difference]:
    """Declare everything; return what exists already, and differently: that is left as it is.

    Safe to repeat. Raises BrokerUnavailableError, or SetupError for a URL that is none.
    """
    with _connected(url) as connection:
        found = [
            difference
            for declare in _declarations(topology)
            if (difference := declare.declare(connection)) is not None
        ]
        channel = connection.channel()
        for binding in topology.bindings:
            channel.queue_bind(binding.queue, binding.exchange, binding.pattern)
    return found


def queue_lengths(url: str, names: Sequence[str]) -> dict[str, int]:
    """Return how many messages are ready in each of the queues that exist.

    Raises BrokerUnavailableError.
    """
    found = {}
    with _connected(url) as connection:
        for name in names:
            channel = connection.channel()
            try:
                found[name] = channel.queue_declare(name, passive=True).method.message_count
                channel.close()
            except ChannelClosedByBroker:
                continue
    return found


@dataclass(frozen=True, slots=True)
class _Declaration:
    kind: Literal["exchange", "queue"]
    name: str
    active: Callable[[BlockingChannel], object]
    passive: Callable[[BlockingChannel], object]

    def compare(self, connection: BlockingConnection) -> Difference | None:
        # A passive declaration ignores arguments. Of what exists, an active one changes nothing:
        # it succeeds when all is the same, and else says what differs.
        return self._attempt(connection, self.passive) or self.declare(connection)

    def declare(self, connection: BlockingConnection) -> Difference | None:
        return self._attempt(connection, self.active)

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
            return Difference(self.kind, self.name, "different", error.reply_text)
        return None


def _declarations(topology: Topology) -> Iterator[_Declaration]:
    for one in topology.exchanges:
        yield _declare_exchange(one)
    for queue in topology.queues:
        yield _declare_queue(queue)


def _declare_exchange(one: Exchange) -> _Declaration:
    return _Declaration(
        "exchange",
        one.name,
        lambda channel: channel.exchange_declare(
            one.name, one.kind, durable=True, arguments=dict(one.arguments)
        ),
        lambda channel: channel.exchange_declare(one.name, one.kind, passive=True),
    )


def _declare_queue(queue: Queue) -> _Declaration:
    return _Declaration(
        "queue",
        queue.name,
        lambda channel: channel.queue_declare(
            queue.name, durable=True, arguments=dict(queue.arguments)
        ),
        lambda channel: channel.queue_declare(queue.name, passive=True),
    )


@contextmanager
def _connected(url: str) -> Iterator[BlockingConnection]:
    brokers = read_brokers(url)
    try:
        connection = BlockingConnection([parameters(one, "muniment topology") for one in brokers])
        try:
            yield connection
        finally:
            if connection.is_open:
                connection.close()
    except AMQPError as error:
        servers = ", ".join(map(str, brokers))
        raise BrokerUnavailableError(f"RabbitMQ at {servers}: {error!r}") from error


# --- what only the management API tells ---------------------------------------------------------


def _plan_bindings(url: str, topology: Topology, management_url: str) -> list[Difference]:
    if not management_url:
        return [_unread("no management URL is set")]
    try:
        management = Management(management_url, read_brokers(url)[0])
        bindings = {Binding(*one) for one in management.bindings()}
        policies = management.policies()
    except ManagementError as error:
        return [_unread(str(error))]
    ours = {queue.name for queue in topology.queues}
    found = [
        Difference("binding", str(binding), "missing")
        for binding in topology.bindings
        if binding not in bindings
    ]
    found += [
        Difference("binding", str(binding), "extra", "it still brings messages; unbind it by hand")
        for binding in sorted(bindings - set(topology.bindings))
        if binding.queue in ours
    ]
    return found + _losing(topology, policies)


def _unread(why: str) -> Difference:
    return Difference("binding", "all", "unknown", f"bindings could not be read: {why}")


def _losing(topology: Topology, policies: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
    """Return policies that take messages out of our queues behind our back."""
    return [
        Difference("policy", queue.name, "different", f"a policy sets {setting}={value}")
        for queue in topology.queues
        for setting, value in policies.get(queue.name, {}).items()
        if setting in _LOSING
        or (setting == "delivery-limit" and value < queue.arguments["x-delivery-limit"])
    ]
