"""Synchronous answers: wait until an operation has ended, or until time is up (ADR 6).

The doorbell only wakes; the database tells. Who is not rung for looks by itself, ever more rarely.
"""

import asyncio
from contextlib import suppress
from itertools import chain, repeat

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from store.operations import Operation, operation

_PAUSES = (0.25, 1.0, 3.0)


async def wait_for(request: web.Request, key: str, seconds: float) -> Operation | None:
    """Return the operation, ended or as it stands after `seconds`; None: there is no such one."""
    ports, threads = request.app[PORTS], request.app[THREADS]
    loop, rung = asyncio.get_running_loop(), asyncio.Event()
    deadline = loop.time() + seconds

    def wake() -> None:
        loop.call_soon_threadsafe(rung.set)

    with ports.waiters.waiting(key, wake):
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            rung.clear()
            found = await threads.query(operation, ports.database, key)
            left = deadline - loop.time()
            if found is None or found.ended or left <= 0 or _gone(request):
                return found
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), min(pause, left))
    return None


def _gone(request: web.Request) -> bool:
    return request.transport is None
