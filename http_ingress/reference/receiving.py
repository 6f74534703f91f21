"""Bodies: a description as JSON, whatever it is called, and the fields of forms."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress import spooling
from http_ingress.forms import Form, boundary_of
from http_ingress.keys import REFERENCE, THREADS
from http_ingress.problems import Problem
from http_ingress.reference.answers import invalid, too_large
from http_ingress.spooling import new_spool

LARGEST = 2_621_440
"""Bytes of a body."""
_FARTHEST = 4 * LARGEST
"""So much is let pass by before the connection is closed."""
_MOST_FIELDS = 1000
_PIECE = 64 * 1024


async def read_json(request: web.Request) -> JsonValue:
    """Return what the body says. Raises Refused: 400, or 413 (having let it pass by)."""
    async with _whole(request) as body:
        return await request.app[THREADS].transfer(of_json, body)


async def read_fields(request: web.Request) -> Mapping[str, str]:
    """Return the fields of a form, of equal ones the first; a body that is none has none.

    Raises Refused: 413, having let it pass by.
    """
    content_type = request.headers.get("Content-Type", "")
    async with _whole(request) as body:
        match content_type.partition(";")[0].strip().lower():
            case "application/x-www-form-urlencoded":
                return await request.app[THREADS].transfer(of_form, body)
            case "multipart/form-data":
                return await of_multipart(body, content_type)
    return {}


@asynccontextmanager
async def _whole(request: web.Request) -> AsyncIterator[bytes]:
    """Give the whole body to a block."""
    with new_spool() as spool:
        size = await spooling.gather(request, spool, LARGEST, _FARTHEST)
        if size > LARGEST:
            raise too_large(LARGEST)
        slots = request.app[REFERENCE].large_bodies
        async with spooling.whole(request, spool, size, slots) as body:
            yield body


async def drain(request: web.Request) -> None:
    """Let the rest of a body pass by, as far as is reasonable."""
    await spooling.drain(request, _FARTHEST)


def of_json(body: bytes) -> JsonValue:
    """Return what UTF-8 JSON says. Raises Refused (400)."""
    try:
        body.decode()
        said: JsonValue = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        text = f"JSON parse error - {error}"
        raise invalid({"body": "must be a JSON object, in UTF-8"}, text) from error
    return said


def of_form(body: bytes) -> Mapping[str, str]:
    """Return the fields of an urlencoded form; none of what is no form."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return {}
    return dict(reversed(pairs))


async def of_multipart(body: bytes, content_type: str) -> Mapping[str, str]:
    """Return the fields of a multipart form; none of what is no form."""
    found: dict[str, str] = {}
    count = 0
    try:
        async for part in Form(_in_pieces(body), boundary_of(content_type)).parts():
            count += 1
            if count > _MOST_FIELDS:
                return {}
            found.setdefault(part.name, await part.text(LARGEST))
    except Problem:
        return {}
    return found


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
