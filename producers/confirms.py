"""What the broker says of a batch, message by message."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amqp import Message

from producers.ports import Fate

_Identity = tuple[str, str, frozenset[tuple[str, Any]]]


@dataclass(frozen=True, slots=True)
class Sending:
    """One message that is to be sent."""

    exchange: str
    """Empty: the default exchange, whose routing keys are queues."""
    routing_key: str
    message: Callable[[], Message]
    """Makes it, with headers, when its turn comes: a batch need not be in memory twice."""
    mandatory: bool = False
    """Whether it comes back when no queue is bound for it."""


class Confirms:
    """The fates of one batch, whose first message has the delivery tag `first`.

    The broker answers in any order, and several messages at a time. Before it confirms a message
    that no queue is bound for, it returns it, without its delivery tag.
    """

    def __init__(self, batch: Sequence[Sending], first: int) -> None:
        self._batch = batch
        self._first = first
        self._fates: list[Fate | None] = [None] * len(batch)
        self._known = 0
        self._low = 0
        self._returned: set[int] = set()
        self._positions: dict[_Identity, deque[int]] | None = None

    @property
    def known(self) -> int:
        """How many messages the broker has answered for."""
        return self._known

    @property
    def fates(self) -> list[Fate]:
        """One fate per message, once all of them are known."""
        return [
            Fate.RETURNED if position in self._returned else fate
            for position, fate in enumerate(self._fates)
            if fate is not None
        ]

    def answer(self, tag: int, *, multiple: bool, fate: Fate) -> None:
        """Note the answer for one delivery tag, or for all up to it; tags of others are void."""
        last = tag - self._first
        start = self._low if multiple else max(last, 0)
        end = min(last + 1, len(self._fates))
        for position in range(start, end):
            if self._fates[position] is None:
                self._fates[position] = fate
                self._known += 1
        if multiple:
            self._low = max(self._low, end)

    def returned(self, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> None:
        """Note that the broker returned a message.

        One channel returns in the order of publishing, so that of equal messages (an event may be
        in a batch twice) the first return is the first message's.
        """
        if self._positions is None:
            self._positions = self._by_identity()
        positions = self._positions.get(_identity(exchange, routing_key, headers))
        if positions:
            self._returned.add(positions.popleft())

    def _by_identity(self) -> dict[_Identity, deque[int]]:
        found: dict[_Identity, deque[int]] = defaultdict(deque)
        for position, one in enumerate(self._batch):
            headers = one.message().headers
            found[_identity(one.exchange, one.routing_key, headers)].append(position)
        return found


def _identity(exchange: str, routing_key: str, headers: Mapping[str, Any]) -> _Identity:
    return exchange, routing_key, frozenset(headers.items())
