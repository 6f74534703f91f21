"""What many ask for one by one, asked once for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Together(Generic[K, T]):
    """Looks things up by key, one look-up after another; belongs to one event loop.

    While one is under way, further keys gather for the next: nobody is told anything older than
    the question.
    """

    def __init__(self, look_up: Callable[[Sequence[K]], Awaitable[Mapping[K, T]]]) -> None:
        self._look_up = look_up
        self._gathered: dict[K, asyncio.Future[T | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: K) -> T | None:
        """Return what is under a key; None: there is nothing. Raises what the look-up raises."""
        answer = self._gathered.get(key)
        if answer is None:
            answer = self._gathered[key] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        # Who gives up waiting does not take the answer from the others.
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        while self._gathered:
            asked, self._gathered = self._gathered, {}
            try:
                found = await self._look_up(list(asked))
            except Exception as error:  # noqa: BLE001 - it is told to everybody who has asked
                for answer in asked.values():
                    answer.set_exception(error)
                    answer.exception()  # even if nobody waits any more
            else:
                for key, answer in asked.items():
                    answer.set_result(found.get(key))
        self._asking = None
