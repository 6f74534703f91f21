"""`/archive`: who may do what where, and in what form it is answered.

What is checked in which order is that of Django REST Framework, by which clients know whom to
blame: the form that is asked for, who asks, whether they may, how often they come, and only then
whether it can be done here at all.
"""

from datetime import timedelta

from aiohttp import web

from http_ingress.archive.answers import not_allowed, nothing_here, refusal_of
from http_ingress.archive.html.plain_page import as_page
from http_ingress.archive.html.refusals import refusal
from http_ingress.archive.negotiating import choose
from http_ingress.archive.places import PLACE, Call, Place
from http_ingress.archive.receiving import drain
from http_ingress.archive.room import Room
from http_ingress.archive.root_api import PREFIX
from http_ingress.archive.seeing import as_they_are
from http_ingress.archive.standing import (
    describe,
    is_preflight,
    preflight,
    put_standing_headers,
)
from http_ingress.archive.throttling import throttle
from http_ingress.archive.url_map import PLACES
from http_ingress.archive.visitors import (
    NOBODY,
    Visitor,
    identify,
    require_staff,
    require_superuser,
)
from http_ingress.foreign import Adapter, mount_adapter
from http_ingress.fresh import Fresh
from http_ingress.keys import PORTS, THREADS
from http_ingress.together import Together
from producers.frames import FrameChanges
from store.frames.drafts import overdue

_OVERDUE_SECONDS = 1.0
_READING = {"GET", "HEAD", "OPTIONS"}


def mount_archive(application: web.Application) -> None:
    """Have the application answer for `/archive`."""
    mount_adapter(application, Adapter(PREFIX, _do, _refuse, drain))
    application.on_response_prepare.append(_stand)


def archive_room(application: web.Application) -> Room:
    """Return what the archive shares between requests."""
    ports, threads = application[PORTS], application[THREADS]

    async def look() -> bool:
        before = ports.clock() - timedelta(seconds=ports.limits.answer_seconds)
        return await threads.query(overdue, ports.database, before)

    changes = FrameChanges(ports.database, ports.ledger, ports.stamp, ports.clock, ports.new_id)
    stored = Together(lambda asked: threads.query(as_they_are, ports.database, asked))
    return Room(changes, Fresh(look, _OVERDUE_SECONDS), stored)


async def _stand(request: web.Request, response: web.StreamResponse) -> None:
    if request.path == PREFIX or request.path.startswith(f"{PREFIX}/"):
        put_standing_headers(request, response)


def _refuse(request: web.Request, error: Exception) -> web.StreamResponse | None:
    refused = refusal_of(error)
    return None if refused is None else refusal(request, refused)


async def _do(request: web.Request) -> web.StreamResponse:
    below = request.match_info["below"]
    found = _find(below)
    if found is None:
        found = _find(f"{below}/")
        if found is None:
            raise nothing_here()
        # Who is redirected from a POST would GET: it is done as if the slash were there.
        if request.method in {"GET", "HEAD"}:
            return _with_slash(request)
    place, parts = found
    request[PLACE] = place
    if is_preflight(request):
        return preflight()
    wanted = choose(request) if place.negotiated else "json"
    visitor = NOBODY if place.access == "own" else await _enter(request, place)
    if request.method == "OPTIONS":
        return describe(request, place)
    do = place.methods.get("GET" if request.method == "HEAD" else request.method)
    if do is None:
        raise not_allowed(request.method)
    call = Call(visitor, parts)
    if wanted == "json" or request.method not in _READING:
        return await do(request, call)
    if place.page is not None:
        return await place.page(request, call)
    return await as_page(request, place, await do(request, call))


def _find(below: str) -> tuple[Place, dict[str, str]] | None:
    for place in PLACES:
        found = place.pattern.fullmatch(below)
        if found is not None:
            return place, found.groupdict()
    return None


def _with_slash(request: web.Request) -> web.Response:
    query = request.rel_url.raw_query_string
    path = f"{request.rel_url.raw_path}/"
    return web.Response(status=301, headers={"Location": f"{path}?{query}" if query else path})


async def _enter(request: web.Request, place: Place) -> Visitor:
    """Return who asks, if that visitor may ask. Raises Refused."""
    visitor = await identify(request) if place.identified else NOBODY
    if place.access == "staff":
        require_staff(visitor)
    if place.access == "superusers_write" and request.method not in _READING:
        require_superuser(visitor)
    if place.counted:
        throttle(request, visitor)
    return visitor
