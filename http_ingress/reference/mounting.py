"""`/reference`: in which form, by whom and how something is asked, and then what is done.

One route takes all below the prefix. An address is one of a table's, to the letter, or none.
"""

from collections.abc import Mapping, Sequence

from aiohttp import web

from http_ingress.foreign import Adapter, mount_adapter
from http_ingress.keys import BOARD, COMPONENTS, THREADS
from http_ingress.reference.adding import Adding
from http_ingress.reference.answers import leading, not_allowed, nothing_here, refusal_of
from http_ingress.reference.lately import Lately
from http_ingress.reference.negotiating import Form, choose, looks
from http_ingress.reference.pages import page
from http_ingress.reference.places import PREFIX, Call, Place
from http_ingress.reference.receiving import drain, read_fields
from http_ingress.reference.room import Room
from http_ingress.reference.url_map import PLACES
from http_ingress.reference.visitors import enter
from http_ingress.together import Together
from schemas.components import SERVICE
from store.components.counters import Counter

_FRESH_SECONDS = 2.0
"""How old a look at the installation may be that `stats` relies on."""
_PATIENCE_SECONDS = 0.8
"""How long `stats` waits for a new one before it goes by the last."""

_SHOWN = {404, 503}
"""Refusals that are shown as a page to who looks; programs judge by the others' bodies."""


def mount_reference(application: web.Application) -> None:
    """Have the application answer for `/reference`."""
    mount_adapter(application, Adapter(PREFIX, _do, _refuse, drain))


def reference_room(application: web.Application) -> Room:
    """Return what the reference service shares between requests."""
    threads = application[THREADS]

    async def add(count: int) -> Counter:
        return await threads.query(application[COMPONENTS].add, SERVICE, count)

    async def read(names: Sequence[str]) -> Mapping[str, Counter]:
        components = application[COMPONENTS]
        return await threads.query(lambda: {name: components.counter(name) for name in names})

    board = Lately(application[BOARD].get, _FRESH_SECONDS, _PATIENCE_SECONDS)
    return Room(Adding(add), Together(read), board)


async def _do(request: web.Request) -> web.StreamResponse:
    path = PREFIX + request.match_info["below"]
    place = PLACES.get(path)
    if place is None:
        return _elsewhere(request, path)
    if request.method == "OPTIONS":
        return place.describe()
    if request.method not in place.methods:
        raise not_allowed(request.method, place.allowed)
    form = _form(request, place)
    fields: Mapping[str, str] = await read_fields(request) if place.kind == "form" else {}
    user = None if place.kind == "page" else await enter(request, place, fields)
    response = await place.do(request, Call(place, form, user, fields, list(PLACES.values())))
    if place.kind != "page":
        response.headers["Allow"] = place.allowed
    return response


def _form(request: web.Request, place: Place) -> Form:
    if place.kind in {"page", "form"}:
        return "html"
    form = choose(request, place.usual)
    # Whoever takes pages only is told of a call in JSON all the same: there is no page of it.
    return "json" if place.kind == "call" else form


def _elsewhere(request: web.Request, path: str) -> web.Response:
    """Return the way to a place that differs by its last slash. Raises Refused: there is none."""
    other = path.removesuffix("/") if path != PREFIX else f"{PREFIX}/"
    place = PLACES.get(other)
    if place is None or other == path or request.method not in {"GET", "HEAD"} & {*place.methods}:
        raise nothing_here()
    query = request.rel_url.raw_query_string
    return leading(f"{other}?{query}" if query else other, 301)


def _refuse(request: web.Request, error: Exception) -> web.StreamResponse | None:
    refused = refusal_of(error)
    if refused is None:
        return None
    seen = request.method in {"GET", "HEAD"} and refused.status in _SHOWN
    if not seen or not looks(request):
        return refused.response()
    shown = page("refused", refused.status, refused=refused)
    shown.headers.update(refused.headers)
    return shown
