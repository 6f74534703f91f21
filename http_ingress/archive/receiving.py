"""Bodies of requests: JSON or a form of either kind, as one JSON value.

A form's fields are texts. Which of them are lists or JSON documents has to be said, as the OCS
Science Archive 2.7 knows it of its own: `name=a&name=b` and `name[0]=a` make a list, and
`name[0]key=a` one of objects.
"""

import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress import spooling
from http_ingress.archive.answers import Refused, detail, too_large, unsupported
from http_ingress.forms import Form, boundary_of
from http_ingress.keys import ARCHIVE, PORTS, THREADS
from http_ingress.problems import Problem
from http_ingress.spooling import new_spool

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_JSON = "application/json"
READ = (_JSON, _FORM, _MULTIPART)
"""Media types of bodies that are read."""

_QUICK = 256 * 1024
"""Bytes that are parsed faster than handed to a thread."""
_MOST_FIELDS = 20_000
_FARTHEST = 4
"""So many times the limit is let pass by before the connection is closed."""
_MOST_ITEMS = 10_000
_ITEM = re.compile(r"([^\[\]]+)\[([0-9]{1,5})\]\.?([^\[\]]*)")
_DOCUMENTS = ("headers", "area", "version_set")
"""Fields of forms that are JSON, as text."""

Pairs = Sequence[tuple[str, str]]


@asynccontextmanager
async def receive(request: web.Request, lists: Collection[str] = ()) -> AsyncIterator[JsonValue]:
    """Give what the body says to a block; a large one takes a slot until the block ends.

    `lists` names fields of forms that are lists. No body says `{}`. Raises Refused: 400, 413
    (having let it pass by), 415; and NoRoomError.
    """
    largest = request.app[PORTS].archive.largest_post
    content_type = request.headers.get("Content-Type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in READ and request.body_exists and request.content_length != 0:
        raise unsupported(content_type)
    with new_spool() as spool:
        size = await spooling.gather(request, spool, largest, largest * _FARTHEST)
        if size > largest:
            raise too_large(largest)
        slots = request.app[ARCHIVE].large_bodies
        async with spooling.whole(request, spool, size, slots) as body:
            yield await _parsed(request, body, content_type, lists)


async def read(request: web.Request, lists: Collection[str] = ()) -> JsonValue:
    """Return what a body says of which nobody makes more than it is. Raises as `receive`."""
    async with receive(request, lists) as said:
        return said


async def drain(request: web.Request) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    await spooling.drain(request, request.app[PORTS].archive.largest_post * _FARTHEST)


async def _parsed(
    request: web.Request, body: bytes, content_type: str, lists: Collection[str]
) -> JsonValue:
    if not body:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if kind == _MULTIPART:
        return of_pairs(await _pairs_of_multipart(body, content_type), lists)
    parse = of_json if kind == _JSON else partial(of_form, lists=lists)
    return parse(body) if len(body) <= _QUICK else await request.app[THREADS].transfer(parse, body)


def of_json(body: bytes) -> JsonValue:
    """Return what JSON says. Raises Refused (400)."""
    try:
        body.decode()
        said: JsonValue = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise detail(400, f"JSON parse error - {error}") from error
    return said


def of_form(body: bytes, lists: Collection[str] = ()) -> JsonValue:
    """Return what an urlencoded form says. Raises Refused (400)."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise _unreadable(str(error)) from error
    return of_pairs(pairs, lists)


async def _pairs_of_multipart(body: bytes, content_type: str) -> Pairs:
    pairs = []
    try:
        async for part in Form(_at_once(body), boundary_of(content_type)).parts():
            pairs.append((part.name, await part.text(len(body))))
            if len(pairs) > _MOST_FIELDS:
                raise _unreadable("it has too many fields")
    except Problem as problem:
        raise detail(400, problem.detail) from problem
    return pairs


async def _at_once(body: bytes) -> AsyncIterator[bytes]:
    yield body


def of_pairs(pairs: Pairs, lists: Collection[str] = ()) -> JsonValue:
    """Return the fields of a form as an object. Raises Refused (400)."""
    said: dict[str, JsonValue] = {}
    items: dict[str, dict[int, JsonValue]] = {}
    for name, text in pairs:
        item = _ITEM.fullmatch(name)
        if item is not None:
            _put_item(items.setdefault(item[1], {}), int(item[2]), item[3], text)
        elif name in lists:
            known = said.setdefault(name, [])
            if isinstance(known, list):
                known.append(text)
        else:
            said[name] = _document(text) if name in _DOCUMENTS else _text(name, text)
    for name, numbered in items.items():
        said.setdefault(name, [numbered[index] for index in sorted(numbered)])
    return said


def _put_item(numbered: dict[int, JsonValue], index: int, key: str, text: str) -> None:
    if len(numbered) >= _MOST_ITEMS and index not in numbered:
        raise _unreadable("a list has too many items")
    if not key:
        numbered[index] = text
        return
    known = numbered.setdefault(index, {})
    if isinstance(known, dict):
        known[key] = text


def _document(text: str) -> JsonValue:
    """Return what a field says that is JSON; what is none says its own text, which is refused."""
    try:
        said: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError:
        return text
    return said


_NULLABLE = {"observation_date", "public_date", "exposure_time", "observation_id", "request_id"}


def _text(name: str, text: str) -> JsonValue:
    """Return what a field says: left empty, one that may be null is null."""
    return None if not text and name in _NULLABLE else text


def _unreadable(why: str) -> Refused:
    return detail(400, f"The form cannot be read: {why}")
