"""Bodies that are taken in whole, or let pass by; a client is never cut off while it sends.

What is large waits on disk until all of it is there: a slow client holds no memory.
"""

from contextlib import suppress
from tempfile import SpooledTemporaryFile

from aiohttp import web

from http_ingress.bodies import expect_body, pieces
from http_ingress.keys import THREADS
from http_ingress.problems import Problem

SMALL = 1024**2
"""Bytes; what is larger waits on disk until it is whole."""

Spool = SpooledTemporaryFile[bytes]


class NoRoomError(Exception):
    """The disk does not take what is sent."""


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


async def _write(request: web.Request, spool: Spool, piece: bytes) -> None:
    try:
        await request.app[THREADS].transfer(spool.write, piece)
    except OSError as error:
        reason = f"a large body cannot be kept for now: {error.strerror}; send it again"
        raise NoRoomError(reason) from error


async def drain(request: web.Request, farthest: int) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    if not request.body_exists or request.content.is_eof() or "Expect" in request.headers:
        return
    with suppress(Problem, web.RequestPayloadError, ConnectionError):
        async for _ in pieces(request, farthest):
            pass
