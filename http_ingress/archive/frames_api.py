"""Frames: searched for, and one by one."""

from aiohttp import web

from http_ingress.archive import pagination
from http_ingress.archive.answers import no_match, unless_known
from http_ingress.archive.parameter_values import last
from http_ingress.archive.parameters import Types, read_search
from http_ingress.archive.places import Call
from http_ingress.archive.representations import many, posted, shown
from http_ingress.archive.seeing import FRAME, links, seen, sight_of
from http_ingress.keys import PORTS, THREADS
from store.frames import views as frame_views
from store.frames.values import Frame, Sight
from store.frames.views import Beside


async def get_frames(request: web.Request, call: Call) -> web.Response:
    """Search: give a page of the frames that meet all filters."""
    sight = sight_of(request, call.visitor)
    return unless_known(request, await request.app[THREADS].query(_page, request, sight))


def _page(request: web.Request, sight: Sight) -> bytes:
    ports, query, beside, urls = request.app[PORTS], request.query, _beside(request), links(request)
    archive = ports.archive
    search = read_search(query, Types(archive.rules().configuration_types, archive.science_types))

    def written(frames: list[Frame]) -> bytes:
        return many(
            shown(frame, urls, related=beside.related, thumbnails=beside.pictures)
            for frame in frames
        )

    if pagination.by_cursor(query):
        place = pagination.read_place(query, search.order)
        stretch = frame_views.find_after(
            ports.database,
            search,
            sight,
            limit=pagination.read_limit(query, archive.pages),
            place=place,
            beside=beside,
        )
        turns = pagination.around(stretch, place)
        return pagination.turned_page(request, turns, written(stretch.found))
    window = pagination.read_window(query, archive.pages)
    limit, offset = window.limit, window.offset
    page = frame_views.find(
        ports.database, search, sight, limit=limit, offset=offset, beside=beside
    )
    return pagination.counted_page(request, window, page.count, written(page.frames))


async def get_frame(request: web.Request, call: Call) -> web.Response:
    """Give one frame."""
    beside = _beside(request)
    frame = await seen(
        request,
        call.visitor,
        lambda sight: frame_views.frame(request.app[PORTS].database, call.id, sight, beside),
    )
    if frame is None:
        raise no_match(FRAME)
    urls = links(request)
    body = shown(frame, urls, related=beside.related, thumbnails=beside.pictures)
    return unless_known(request, body)


async def get_headers(request: web.Request, call: Call) -> web.Response:
    """Give the headers that came with the newest version."""
    headers = await seen(
        request,
        call.visitor,
        lambda sight: frame_views.headers(request.app[PORTS].database, call.id, sight),
    )
    if headers is None:
        raise no_match(FRAME)
    return unless_known(request, b'{"data":%b}' % headers.encode())


async def get_related(request: web.Request, call: Call) -> web.Response:
    """Give the frames that one is related to, as far as they may be seen; without pages."""
    frames = await seen(
        request,
        call.visitor,
        lambda sight: frame_views.related(request.app[PORTS].database, call.id, sight),
    )
    if frames is None:
        raise no_match(FRAME)
    urls = links(request)
    return unless_known(request, many(posted(frame, urls) for frame in frames))


def _beside(request: web.Request) -> Beside:
    query = request.query
    return Beside(
        related=last(query, "include_related_frames").lower() != "false",
        pictures=last(query, "include_thumbnails").lower() == "true",
    )
