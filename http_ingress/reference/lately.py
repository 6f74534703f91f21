"""What was found out lately: nobody waits long for a look that takes long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lately(Generic[T]):
    """Looks again when asked some seconds later; belongs to one event loop."""

    def __init__(self, look: Callable[[], Awaitable[T]], fresh: float, patience: float) -> None:
        """What is younger than `fresh` is good enough; nobody waits longer than `patience`.

        Both are seconds.
        """
        self._look = look
        self._fresh = fresh
        self._patience = patience
        self._looked_at = 0.0
        self._found: T | None = None
        self._looking: asyncio.Task[None] | None = None

    async def get(self) -> T | None:
        """Return what was found last, however old; None: nothing yet. Raises what `look` raises."""
        now = asyncio.get_running_loop().time()
        if self._looking is None and (self._found is None or now >= self._looked_at + self._fresh):
            self._looking = asyncio.create_task(self._find_out(now))
        if self._looking is not None:
            done, _ = await asyncio.wait({self._looking}, timeout=self._patience)
            for look in done:
                look.result()
        return self._found

    async def _find_out(self, now: float) -> None:
        try:
            self._found = await self._look()
            self._looked_at = now
        finally:
            self._looking = None
