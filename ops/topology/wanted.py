"""What has to be there: pure data, derived from the consumers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from consumers.contract import Consumer
from schemas.routing import DEAD, FACTS, REPLIES, REQUESTS, UNROUTED

DELIVERY_LIMIT = 20
"""Deliveries after which a message that nobody finishes is dead-lettered; a backstop for crash
loops. Attempts are counted in the database; on brokers before 4.3 handing back counts here too."""

_NEVER = 2**31 - 1


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

    @property
    def shadow(self) -> str:
        """The name of the queue, and of the exchange, that a migration keeps messages in."""
        return f"{self.name}.migrating"


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
