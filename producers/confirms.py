"""What the broker says of a batch, message by message."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from typing import Any

from producers.ports import Fate
from schemas.envelope import to_amqp
from store.outbox import Due

_Identity = tuple[str, str, frozenset[tuple[str, Any]]]


class Confirms:
    """The fates of one batch, whose first message has the delivery tag `first`.

    The broker answers in any order, and several messages at a time. Before it confirms a message
    that no queue is bound for, it returns it, without its delivery tag.
    """

    def __init__(self, batch: Sequence[Due], first: int) -> None:
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
        for position, due in enumerate(self._batch):
            headers = to_amqp(due.envelope)[0]["headers"]
            found[_identity(due.exchange, due.routing_key, headers)].append(position)
        return found


def _identity(exchange: str, routing_key: str, headers: Mapping[str, Any]) -> _Identity:
    return exchange, routing_key, frozenset(headers.items())
