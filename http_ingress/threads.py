"""The threads in which the ingress lets blocking work run, apart so that none starves another."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """Three pools: database queries, bytes of files, and passwords."""

    def __init__(self) -> None:
        self._queries = ThreadPoolExecutor(8, "query")
        self._transfers = ThreadPoolExecutor(16, "transfer")
        # Each verification takes 64 MiB and all cores: two at once are plenty.
        self._passwords = ThreadPoolExecutor(2, "password")

    async def query(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of the database."""
        return await _run(self._queries, partial(work, *args, **kwargs))

    async def transfer(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read, write or hash some bytes of a file."""
        return await _run(self._transfers, partial(work, *args, **kwargs))

    async def password(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Verify a password."""
        return await _run(self._passwords, partial(work, *args, **kwargs))

    def close(self) -> None:
        """Wait for what runs, and end."""
        for pool in (self._queries, self._transfers, self._passwords):
            pool.shutdown()


async def _run(pool: Executor, work: Callable[[], T]) -> T:
    future = asyncio.get_running_loop().run_in_executor(pool, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # The thread works on; what it works with must not be closed under its hands.
        with suppress(Exception):
            await future
        raise
