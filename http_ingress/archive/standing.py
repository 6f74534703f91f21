"""Headers that every answer has, and what OPTIONS says."""

from typing import Final

from aiohttp import web

from http_ingress.archive.answers import answer
from http_ingress.archive.places import PLACE, Place
from http_ingress.archive.receiving import READ
from http_ingress.negotiation import HTML, JSON

_STANDING: Final = {
    "Vary": "Accept, origin, Cookie",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_METHODS = "DELETE, GET, OPTIONS, PATCH, POST, PUT"
_HEADERS = "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with"


def put_standing_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what is on every answer, unless the answer says it otherwise."""
    for name, value in _STANDING.items():
        response.headers.setdefault(name, value)
    place = request.get(PLACE)
    if place is not None:
        response.headers.setdefault("Allow", place.allowed)
    if place is None or not place.framed:
        response.headers.setdefault("X-Frame-Options", "DENY")
    if "Origin" in request.headers:
        # Scripts of any site may ask; a browser sends them no session along, with this `*`.
        response.headers["access-control-allow-origin"] = "*"


def is_preflight(request: web.Request) -> bool:
    """Whether a browser asks what a script of another site may send."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def preflight() -> web.Response:
    """Return what such a script may send: whatever the API takes."""
    response = web.Response()
    _allow(response)
    return response


def describe(request: web.Request, place: Place) -> web.Response:
    """Return what a place is, and what forms it gives and takes."""
    said = {
        "name": place.name,
        "description": place.about,
        "renders": [JSON, HTML],
        "parses": list(READ),
    }
    response = answer(said)
    if "Origin" in request.headers:
        _allow(response)
    return response


def _allow(response: web.Response) -> None:
    response.headers["access-control-allow-methods"] = _METHODS
    response.headers["access-control-allow-headers"] = _HEADERS
    response.headers["access-control-max-age"] = "86400"
