"""Synchronous answers: wait until an operation has ended, or until time is up (ADR 6).

The doorbell only wakes; the database tells. Who is not rung for looks by itself, ever more rarely.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat

from aiohttp import web

from http_ingress.keys import OPERATIONS, PORTS
from store.operations import Operation

_PAUSES = (0.25, 1.0, 3.0)


class Expected:
    """An operation somebody waits for; who begins to wait before it is accepted misses no ring."""

    def __init__(self, request: web.Request, key: str, rung: asyncio.Event) -> None:
        self._request = request
        self._key = key
        self._rung = rung

    async def ended(self, seconds: float) -> Operation | None:
        """Return the operation, ended or as it stands after `seconds`; None: there is none."""
        operations = self._request.app[OPERATIONS]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            left = deadline - loop.time()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), max(0.0, min(pause, left)))
            self._rung.clear()
            found = await operations.get(self._key)
            if found is None or found.ended or loop.time() >= deadline or self._gone():
                return found
        raise AssertionError("unreachable: the pauses never end")

    def _gone(self) -> bool:
        return self._request.transport is None


@contextmanager
def expecting(request: web.Request, key: str) -> Iterator[Expected]:
    """Listen, within the block, for the end of an operation, which may still be accepted."""
    loop, rung = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        # A loop that has ended has nobody waiting in it any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(rung.set)

    with request.app[PORTS].waiters.waiting(key, wake):
        yield Expected(request, key, rung)


async def wait_for(request: web.Request, key: str, seconds: float) -> Operation | None:
    """Return an operation, ended or as it stands after `seconds`; None: there is no such one."""
    # Listening before the first look: what ends in between rings, too.
    with expecting(request, key) as expected:
        found = await request.app[OPERATIONS].get(key)
        if found is None or found.ended or seconds <= 0:
            return found
        return await expected.ended(seconds)
