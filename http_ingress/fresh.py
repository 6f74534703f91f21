"""A value that many ask for and that is looked up at most once in a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Remembers what `read` returned for some seconds; belongs to one event loop."""

    def __init__(self, read: Callable[[], Awaitable[T]], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._until = 0.0
        self._value: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """Return the value; who asks while it is being looked up waits for the same look-up."""
        now = asyncio.get_running_loop().time()
        if self._value is None or (self._value.done() and now >= self._until):
            self._value = asyncio.ensure_future(self._read())
            self._until = now + self._seconds
        return await asyncio.shield(self._value)

    def forget(self) -> None:
        """Have the next who asks look it up: something has happened meanwhile."""
        self._until = 0.0
