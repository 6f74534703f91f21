"""Bodies of requests: taken in whole, or let pass by; a client is never cut off while it sends.

Sumatra's client sends its body along before it knows that it needs credentials, and reads the
answer afterwards. Whoever hangs up on it loses the answer.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from aiohttp import web

from http_ingress import spooling
from http_ingress.keys import PORTS, RECORDS
from http_ingress.records.answers import Refused
from http_ingress.spooling import SMALL, Spool, new_spool

_MOST_FIELDS = 20
_FARTHEST = 16
"""So many times the limit is let pass by before the connection is closed."""


async def read(request: web.Request) -> bytes:
    """Return the body of whatever is no record. Raises Refused like `receive`."""
    with new_spool() as spool:
        await _gather(request, spool, min(SMALL, request.app[PORTS].limits.largest_record))
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

    Raises Refused (413) when it is too large, having let it pass by; NoRoomError.
    """
    with new_spool() as spool:
        size = await _gather(request, spool, request.app[PORTS].limits.largest_record)
        async with spooling.whole(request, spool, size, request.app[RECORDS].large_bodies) as body:
            yield body


async def _gather(request: web.Request, spool: Spool, largest: int) -> int:
    """Write the body into a spool, from whose beginning it can be read; return its size."""
    size = await spooling.gather(request, spool, largest, _farthest(request))
    if size > largest:
        raise too_large(largest)
    return size


async def drain(request: web.Request) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    await spooling.drain(request, _farthest(request))


def _farthest(request: web.Request) -> int:
    return request.app[PORTS].limits.largest_record * _FARTHEST


def too_large(largest: int) -> Refused:
    """Return what is said of more than `largest` bytes."""
    return Refused(413, f"more than {largest} bytes are not taken")
