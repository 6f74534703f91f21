"""Bodies of requests: taken in whole, or let pass by; a client is never cut off while it sends.

Sumatra's client sends its body along before it knows that it needs credentials, and reads the
answer afterwards. Whoever hangs up on it loses the answer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from tempfile import SpooledTemporaryFile
from urllib.parse import parse_qsl

from aiohttp import web

from http_ingress.bodies import expect_body, pieces
from http_ingress.keys import PORTS, RECORDS, THREADS
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.records.answers import Refused

_SMALL = 1024**2
"""Bytes; what is larger waits on disk until it is whole, and is then held by a few at a time."""
_MOST_FIELDS = 20
_FARTHEST = 16
"""So many times the limit is let pass by before the connection is closed."""

_Spool = SpooledTemporaryFile[bytes]


async def read(request: web.Request) -> bytes:
    """Return the body of whatever is no record. Raises Refused like `receive`."""
    with _Spool(_SMALL) as spool:
        await _gather(request, spool, min(_SMALL, request.app[PORTS].limits.largest_record))
        return spool.read()


async def read_form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form; of equal ones the last. Raises Refused like `receive`."""
    body = await read(request)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Refused(400, "the form cannot be read") from error


@asynccontextmanager
async def receive(request: web.Request) -> AsyncIterator[bytes]:
    """Give the body of a record to a block; a large one takes a slot until the block ends.

    Nobody has a slot who still sends: a slow client keeps no other waiting.
    Raises Refused (413) when it is too large, having let it pass by; 503 when the disk is full.
    """
    with _Spool(_SMALL) as spool:
        size = await _gather(request, spool, request.app[PORTS].limits.largest_record)
        if size <= _SMALL:
            yield spool.read()
            return
        async with request.app[RECORDS].large_bodies:
            yield await request.app[THREADS].transfer(spool.read)


async def _gather(request: web.Request, spool: _Spool, largest: int) -> int:
    """Write the body into a spool, from whose beginning it can be read; return its size."""
    if not request.body_exists:
        return 0
    announced = request.content_length
    if announced is not None and announced > largest:
        await drain(request)
        raise too_large(largest)
    await expect_body(request, largest)
    size = 0
    async for piece in pieces(request, _farthest(request)):
        size += len(piece)
        if size <= _SMALL:
            spool.write(piece)
        elif size <= largest:
            await _write(request, spool, piece)
    if size > largest:
        raise too_large(largest)
    spool.seek(0)
    return size


async def _write(request: web.Request, spool: _Spool, piece: bytes) -> None:
    try:
        await request.app[THREADS].transfer(spool.write, piece)
    except OSError as error:
        reason = f"a large body cannot be kept for now: {error.strerror}; send it again"
        raise Refused(503, reason, RETRY_SOON) from error


async def drain(request: web.Request) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    if not request.body_exists or request.content.is_eof() or "Expect" in request.headers:
        return
    with suppress(Problem, web.RequestPayloadError, ConnectionError):
        async for _ in pieces(request, _farthest(request)):
            pass


def _farthest(request: web.Request) -> int:
    return request.app[PORTS].limits.largest_record * _FARTHEST


def too_large(largest: int) -> Refused:
    """Return what is said of more than `largest` bytes."""
    return Refused(413, f"more than {largest} bytes are not taken")
