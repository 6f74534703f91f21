"""The threads in which the ingress lets blocking work run, apart so that none starves another."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


MOST_ZIPS = 32
"""Zips that are sent at once: each holds some 5 MiB, and five threads."""


class Threads:
    """Seven pools: queries, bytes of files, zips of them, passwords, two for the portal, plots."""

    def __init__(self) -> None:
        self._queries = ThreadPoolExecutor(8, "query")
        self._transfers = ThreadPoolExecutor(16, "transfer")
        # Each zip may wait for a slow store, and nobody else must wait for that.
        self._zips = ThreadPoolExecutor(MOST_ZIPS, "zip-sending")
        # Each verification takes 64 MiB and all cores: two at once are plenty.
        self._passwords = ThreadPoolExecutor(2, "password")
        # It may take a minute to answer, and nothing else must wait for that.
        self._portal = ThreadPoolExecutor(8, "portal")
        # Searches wait for it: they must not stand behind whoever comes with tokens at random.
        self._members = ThreadPoolExecutor(4, "members")
        # No two plots can be drawn at once in one process.
        self._plots = ThreadPoolExecutor(1, "plot")

    async def query(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query of the database."""
        return await _run(self._queries, partial(work, *args, **kwargs))

    async def transfer(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read, write or hash some bytes of a file."""
        return await _run(self._transfers, partial(work, *args, **kwargs))

    async def zip(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Find, make or read what goes into a zip."""
        return await _run(self._zips, partial(work, *args, **kwargs))

    async def password(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Verify a password."""
        return await _run(self._passwords, partial(work, *args, **kwargs))

    async def portal(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the observation portal who somebody is."""
        return await _run(self._portal, partial(work, *args, **kwargs))

    async def members(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the observation portal of which proposals somebody known is a member."""
        return await _run(self._members, partial(work, *args, **kwargs))

    async def plot(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Draw a plot."""
        return await _run(self._plots, partial(work, *args, **kwargs))

    def close(self) -> None:
        """Wait for what runs, and end."""
        for pool in (
            self._queries,
            self._transfers,
            self._zips,
            self._passwords,
            self._portal,
            self._members,
            self._plots,
        ):
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
