"""Any answer in JSON as a page: tables and lists of facts, for who has a browser."""

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import from_json, to_json

from http_ingress.archive.html.surroundings import page, surroundings, who
from http_ingress.archive.places import Place
from http_ingress.keys import THREADS
from http_ingress.negotiation import JSON

_DEEPEST = 3
"""Objects within objects that are laid out; what is deeper is shown as JSON."""
_LONGEST = 2000
MOST_ROWS = 1000
"""Of a list."""


async def as_page(
    request: web.Request, place: Place, response: web.StreamResponse
) -> web.StreamResponse:
    """Return an answer as a page; `response` is the JSON that a program would have got."""
    if not isinstance(response, web.Response) or response.content_type != JSON:
        return response
    body = response.body
    if not isinstance(body, bytes):
        return response
    return await request.app[THREADS].transfer(_show, request, place, body)


def _show(request: web.Request, place: Place, body: bytes) -> web.Response:
    said: JsonValue = from_json(body)
    count: JsonValue = None
    turns: dict[str, JsonValue] = {"previous": None, "next": None}
    if isinstance(said, dict) and "results" in said:
        turns |= {name: said.pop(name, None) for name in ("previous", "next")}
        count, said = said.get("count"), said["results"]
    return page(
        "plain",
        surroundings(request, who(request)),
        place=place,
        said=shallow(said),
        turns=turns,
        count=count,
        is_address=_is_address,
    )


def shallow(value: JsonValue, depth: int = 0) -> JsonValue:
    """Return JSON as it is laid out: what is deep or long is cut to a text."""
    if isinstance(value, dict) and depth < _DEEPEST:
        return {name: shallow(one, depth + 1) for name, one in value.items()}
    if isinstance(value, list) and depth < _DEEPEST:
        return [shallow(one, depth + 1) for one in value[:MOST_ROWS]]
    if isinstance(value, dict | list):
        value = to_json(value).decode()
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:_LONGEST]}…"
    return value


def _is_address(value: JsonValue) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))
