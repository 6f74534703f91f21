"""Many who count at once are counted in one statement, and each is told a number of its own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from http_ingress.together import Together
from store.components.counters import Counter


class Adding:
    """Counts up; belongs to one event loop."""

    def __init__(self, add: Callable[[int], Awaitable[Counter]]) -> None:
        """`add` counts so many, and returns the counter as it is then."""
        self._add = add
        self._tickets = count()
        self._together: Together[int, Counter] = Together(self._all)

    async def add(self) -> Counter:
        """Count one, and return the counter as it was right then. Raises what `add` raises."""
        counter = await self._together.get(next(self._tickets))
        if counter is None:
            raise RuntimeError("a ticket was not served")
        return counter

    async def _all(self, tickets: Sequence[int]) -> Mapping[int, Counter]:
        after = await self._add(len(tickets))
        first = after.value - len(tickets) + 1
        return {ticket: replace(after, value=first + n) for n, ticket in enumerate(tickets)}
