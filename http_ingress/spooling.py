"""Bodies that are taken in whole, or let pass by; a client is never cut off while it sends.

What is large waits on disk until all of it is there: a slow client holds no memory.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from tempfile import SpooledTemporaryFile

from aiohttp import web

from http_ingress.bodies import expect_body, pieces
from http_ingress.keys import THREADS
from http_ingress.problems import Problem
from store.errors import UnavailableError

SMALL = 1024**2
"""Bytes; what is larger waits on disk until it is whole."""

Spool = SpooledTemporaryFile[bytes]


class NoRoomError(UnavailableError):
    """The disk does not take what is sent."""

    dependency = "disk"


def new_spool() -> Spool:
    """Return a spool; the caller closes it."""
    return Spool(SMALL)


async def gather(request: web.Request, spool: Spool, largest: int, farthest: int) -> int:
    """Write the body into a spool, from whose beginning it can be read; return its size.

    A size above `largest` says that it was too large, and has passed by; of what is sent beyond
    `farthest` nothing is read. Raises a Problem: too slow, encoded, of no length, or beyond
    that; NoRoomError.
    """
    if not request.body_exists:
        return 0
    announced = request.content_length
    if announced is not None and announced > largest:
        await drain(request, farthest)
        return announced
    await expect_body(request, largest)
    size = 0
    async for piece in pieces(request, farthest):
        size += len(piece)
        if size <= SMALL:
            spool.write(piece)
        elif size <= largest:
            await _write(request, spool, piece)
    spool.seek(0)
    return size


@asynccontextmanager
async def whole(
    request: web.Request, spool: Spool, size: int, slots: asyncio.Semaphore
) -> AsyncIterator[bytes]:
    """Give a body that was gathered to a block; a large one takes a slot until the block ends.

    Nobody has a slot who still sends: a slow client keeps no other waiting.
    """
    if size <= SMALL:
        yield spool.read()
        return
    async with slots:
        yield await request.app[THREADS].transfer(spool.read)


async def _write(request: web.Request, spool: Spool, piece: bytes) -> None:
    try:
        await request.app[THREADS].transfer(spool.write, piece)
    except OSError as error:
        reason = f"a large body cannot be kept for now: {error.strerror}"
        raise NoRoomError(reason) from error


async def drain(request: web.Request, farthest: int) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    if not request.body_exists or request.content.is_eof() or "Expect" in request.headers:
        return
    with suppress(Problem, web.RequestPayloadError, ConnectionError):
        async for _ in pieces(request, farthest):
            pass
