"""Fields of a request: a form of either kind, or a JSON object. The first of equal ones counts."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from urllib.parse import unquote_to_bytes

from aiohttp import web
from pydantic_core import from_json

from http_ingress import spooling
from http_ingress.forms import Form, boundary_of
from http_ingress.keys import PACKAGER, PORTS, THREADS
from http_ingress.packager.answers import Failed, bad_request, too_large
from http_ingress.problems import Problem
from http_ingress.spooling import new_spool

Fields = Mapping[str, object]
Admit = Callable[[object], None]
"""Takes what the client sent as the secret, or None; raises Failed unless it is the secret."""

SECRET = "secret"  # noqa: S105 - the name of a field

_MOST_FIELDS = 1000
_FARTHEST = 4
"""So many times the limit is let pass by before the connection is closed."""
_PIECE = 64 * 1024
_LONGEST_NAME = 100
"""Bytes; nothing that is read here has a longer one."""


async def read_fields(request: web.Request, admit: Admit) -> Fields:
    """Return what the body says, by name, of a client that may be admitted.

    A body of a kind that nobody here reads says nothing. Fields of forms are texts. Raises
    Failed: unreadable, too large (having let it pass by), not admitted; or a Problem; NoRoomError.
    """
    largest = request.app[PORTS].packager.largest_request
    with new_spool() as spool:
        size = await spooling.gather(request, spool, largest, largest * _FARTHEST)
        if size > largest:
            raise too_large(largest)
        slots = request.app[PACKAGER].large_bodies
        async with spooling.whole(request, spool, size, slots) as body:
            return await _fields(request, body, admit)


async def drain(request: web.Request) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    await spooling.drain(request, request.app[PORTS].packager.largest_request * _FARTHEST)


async def _fields(request: web.Request, body: bytes, admit: Admit) -> Fields:
    content_type = request.headers.get("Content-Type", "")
    run = request.app[THREADS].transfer
    fields: Fields = {}
    match content_type.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            read = partial(of_form, body, admit)
            return read() if len(body) <= _PIECE else await run(read)
        case "application/json":
            fields = of_json(body) if len(body) <= _PIECE else await run(of_json, body)
        case "multipart/form-data":
            return await of_multipart(body, content_type, admit)
    admit(fields.get(SECRET))
    return fields


def of_form(body: bytes, admit: Admit) -> Fields:
    """Return the fields of an urlencoded form of a client that may be admitted. Raises Failed."""
    raw: dict[str, bytes] = {}
    fields = body.split(b"&", _MOST_FIELDS)
    for field in fields[:_MOST_FIELDS]:
        name, _, value = field.partition(b"=")
        if len(name) <= _LONGEST_NAME:
            raw.setdefault(_unquoted(name).decode(errors="replace"), value)
    secret = raw.get(SECRET)
    # To decode takes seconds, if somebody means it to: first let us see who asks.
    if secret is None or len(secret) > _PIECE:
        admit(None)
    else:
        admit(_unquoted(secret).decode(errors="replace"))
    if len(fields) > _MOST_FIELDS:
        raise _too_many()
    return _texts({name: _unquoted(value) for name, value in raw.items()})


def _unquoted(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _texts(fields: Mapping[str, bytes]) -> Fields:
    try:
        return {name: value.decode() for name, value in fields.items()}
    except UnicodeDecodeError as error:
        raise bad_request("The form is not UTF-8") from error


def of_json(body: bytes) -> Fields:
    """Return the members of a JSON object; none of what has none. Raises Failed."""
    if not body.strip():
        return {}
    try:
        found = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise bad_request(f"The body is not JSON: {error}") from error
    return found if isinstance(found, dict) else {}


async def of_multipart(body: bytes, content_type: str, admit: Admit) -> Fields:
    """Return the fields of a multipart form of a client that may be admitted. Raises Failed."""
    found: dict[str, bytes] = {}
    trouble: Failed | None = None
    count = 0
    try:
        async for part in Form(_in_pieces(body), boundary_of(content_type)).parts():
            count += 1
            if count > _MOST_FIELDS:
                raise _too_many()
            found.setdefault(part.name, b"".join([piece async for piece in part.data]))
    except Problem as problem:
        trouble = bad_request(problem.detail)
    except Failed as failed:
        trouble = failed
    secret = found.get(SECRET)
    admit(None if secret is None else secret.decode(errors="replace"))
    if trouble is not None:
        raise trouble
    return _texts(found)


def _too_many() -> Failed:
    return bad_request(f"The form has more than {_MOST_FIELDS} fields")


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
