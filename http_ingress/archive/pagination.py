"""Which page of a list is asked for, and the page around its results: two ways to turn over.

With `limit` and `offset` all is counted; with `pagination_style=cursor` nothing is, and nothing is
seen twice or missed while others come. Links keep all other parameters of the request.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiMapping
from pydantic_core import to_json

from http_ingress.archive.answers import Refused, detail
from http_ingress.archive.parameter_values import last
from http_ingress.archive.ports import PageLimits
from http_ingress.base_urls import base_for
from store.frames.paging import BEGINNING, Key, Place, Stretch, read_key, write_key
from store.frames.search import Order

LARGEST_OFFSET = 2**31 - 1
_LONGEST_NUMBER = 10
_LONGEST_CURSOR = 4000

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Window:
    """A page by its place in the list."""

    limit: int
    offset: int


def by_cursor(query: MultiMapping[str]) -> bool:
    """Whether pages are asked for by cursor."""
    return last(query, "pagination_style") == "cursor"


def read_window(query: MultiMapping[str], limits: PageLimits) -> Window:
    """Return which page is asked for; what cannot be read says nothing, and too much is cut."""
    return Window(read_limit(query, limits), _number(query, "offset", 0, LARGEST_OFFSET) or 0)


def read_limit(query: MultiMapping[str], limits: PageLimits) -> int:
    """Return how many results a page has."""
    return _number(query, "limit", 1, limits.most) or limits.usual


def _number(query: MultiMapping[str], name: str, least: int, most: int) -> int | None:
    text = last(query, name).removeprefix("+")
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    number = most if len(digits) > _LONGEST_NUMBER else min(int(digits), most)
    return None if number < least else number


def counted_page(request: web.Request, window: Window, count: int, results: bytes) -> bytes:
    """Return the body of a page; `results` is a JSON list."""
    pairs, (limit, offset) = _others(request, "limit", "offset"), (window.limit, window.offset)
    following = previous = None
    if offset + limit < count:
        following = _link(request, [*pairs, ("limit", str(limit)), ("offset", str(offset + limit))])
    if offset > 0:
        back = [("offset", str(offset - limit))] if offset > limit else []
        previous = _link(request, [*pairs, ("limit", str(limit)), *back])
    head = {"count": count, "next": following, "previous": previous}
    return b'%b,"results":%b,"count_estimated":false}' % (to_json(head)[:-1], results)


def read_place(query: MultiMapping[str], order: Sequence[Order]) -> Place:
    """Return the place that a cursor names. Raises Refused (404)."""
    text = last(query, "cursor")
    if not text:
        return BEGINNING
    try:
        if len(text) > _LONGEST_CURSOR:
            raise _invalid()
        said = urlsafe_b64decode(text.encode()).decode()
        return Place(read_key(said[1:], order), {"n": False, "p": True}[said[:1]])
    except (ValueError, KeyError) as error:
        raise _invalid() from error


@dataclass(frozen=True, slots=True)
class Turns:
    """Cursors of the pages beside one; None: there is none."""

    following: str | None
    preceding: str | None


def around(stretch: Stretch[Any], place: Place) -> Turns:
    """Return where to turn from what was found next to a place."""
    if not stretch.keys:
        return Turns(None, None)
    has_following, has_preceding = stretch.more, place.key is not None
    if place.backwards:
        has_following, has_preceding = True, stretch.more
    return Turns(
        _cursor("n", stretch.keys[-1]) if has_following else None,
        _cursor("p", stretch.keys[0]) if has_preceding else None,
    )


def _cursor(way: str, key: Key) -> str:
    return urlsafe_b64encode((way + write_key(key)).encode()).decode()


def turned_page(request: web.Request, turns: Turns, results: bytes) -> bytes:
    """Return the body of a page by cursor; `results` is a JSON list."""
    pairs = _others(request, "cursor")
    links = {
        name: None if cursor is None else _link(request, [*pairs, ("cursor", cursor)])
        for name, cursor in (("next", turns.following), ("previous", turns.preceding))
    }
    return b'%b,"results":%b}' % (to_json(links)[:-1], results)


def _invalid() -> Refused:
    return detail(404, "Invalid cursor")


def _others(request: web.Request, *names: str) -> Pairs:
    return [pair for pair in request.query.items() if pair[0] not in names]


def _link(request: web.Request, pairs: Pairs) -> str:
    query = urlencode(sorted(pairs, key=lambda pair: pair[0]), errors="replace")
    return f"{base_for(request)}{request.path}" + (f"?{query}" if query else "")
