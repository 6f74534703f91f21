"""One operation as server-sent events: its states and its progress, until it has ended."""

import asyncio
from contextlib import suppress

from aiohttp import web

from http_ingress import problems
from http_ingress.discretion import Eyes
from http_ingress.keys import FOLLOWERS, PORTS, TAIL, THREADS
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.representations.operations import OperationBody
from store.errors import UnavailableError
from store.operations import Operation, operation

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
_LOOK_SECONDS = 1.0
"""As often as progress is written down; the doorbell tells of the end at once."""


async def stream_operation(
    request: web.Request, eyes: Eyes, operation: Operation
) -> web.StreamResponse:
    """Send the operation as it is, then each change of it, and end when it has ended.

    A client that connects again is told where it stands: nothing has to be resumed. Who may not see
    the operation any more is told nothing more.
    """
    followers = request.app[FOLLOWERS]
    if followers.locked():
        raise Problem(problems.BUSY, "Too many streams are open.", headers=RETRY_SOON)
    async with followers:
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        with suppress(ConnectionError):
            await _follow(request, response, eyes, operation)
    return response


async def _follow(
    request: web.Request, response: web.StreamResponse, eyes: Eyes, found: Operation
) -> None:
    ports, loop, rung = request.app[PORTS], asyncio.get_running_loop(), asyncio.Event()
    heartbeat, key = ports.limits.heartbeat_seconds, found.key
    told, spoke = b"", loop.time()

    def wake() -> None:
        loop.call_soon_threadsafe(rung.set)

    with ports.waiters.waiting(key, wake):
        while await _may_see(eyes, found):
            body = OperationBody.of(found).json_bytes()
            if body != told:
                await response.write(b"event: operation\ndata: %b\n\n" % body)
                told, spoke = body, loop.time()
            elif loop.time() - spoke >= heartbeat:
                await response.write(b": alive\n\n")
                spoke = loop.time()
            if found.ended or request.app[TAIL].closed or request.transport is None:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), _LOOK_SECONDS)
            rung.clear()
            found = await _look(request, key) or found


async def _may_see(eyes: Eyes, found: Operation) -> bool:
    try:
        return await eyes.see(*found.projects)
    except (UnavailableError, Problem):
        # Whoever connects again is told where it stands as soon as that can be known.
        return False


async def _look(request: web.Request, key: str) -> Operation | None:
    try:
        return await request.app[THREADS].query(operation, request.app[PORTS].database, key)
    except UnavailableError:
        return None
