"""Thumbnails: small pictures of frames."""

from functools import partial

from aiohttp import web
from multidict import MultiMapping
from pydantic import JsonValue

from http_ingress.archive import pagination
from http_ingress.archive.answers import Refused, document, no_match, unless_known
from http_ingress.archive.frame_posts_api import RELATED, judged
from http_ingress.archive.parameter_values import (
    WrongParameter,
    exactly,
    not_a_choice,
    number_of,
    text_of,
)
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read, receive
from http_ingress.archive.representations import many, posted_thumbnail, shown_thumbnail
from http_ingress.archive.seeing import FRAME, links, seen, sight_of
from http_ingress.archive.visitors import require_superuser
from http_ingress.keys import ARCHIVE, PORTS, THREADS
from schemas.frame_posting import read_post, read_thumbnail_changes
from store.frames import thumbnail_views
from store.frames.id_pages import BY_ID
from store.frames.search import Equal
from store.frames.values import Sight, Thumbnail
from store.sky.area import read_area

THUMBNAIL = "Thumbnail"
"""What clients are told that there is none of."""

_READERS = {
    "frame_basename": exactly("basename"),
    "proposal_id": exactly("proposal_id"),
    "observation_id": number_of("observation_id"),
    "request_id": number_of("request_id"),
}


async def get_thumbnails(request: web.Request, call: Call) -> web.Response:
    """Give a page of the pictures of frames that may be seen."""
    sight = sight_of(request, call.visitor)
    return unless_known(request, await request.app[THREADS].query(_page, request, sight))


def _page(request: web.Request, sight: Sight) -> bytes:
    ports, query, urls = request.app[PORTS], request.query, links(request)
    pages, database = ports.archive.pages, ports.database
    frame, size = read_thumbnail_search(query, ports.archive.rules().thumbnail_sizes)

    def written(pictures: list[Thumbnail]) -> bytes:
        return many(shown_thumbnail(one, urls) for one in pictures)

    if pagination.by_cursor(query):
        place, limit = pagination.read_place(query, BY_ID), pagination.read_limit(query, pages)
        stretch = thumbnail_views.pictures_after(
            database, sight, frame=frame, size=size, place=place, limit=limit
        )
        return pagination.turned_page(
            request, pagination.around(stretch, place), written(stretch.found)
        )
    window = pagination.read_window(query, pages)
    page = thumbnail_views.pictures(
        database, sight, frame=frame, size=size, limit=window.limit, offset=window.offset
    )
    return pagination.counted_page(request, window, page.count, written(page.thumbnails))


def read_thumbnail_search(
    query: MultiMapping[str], sizes: tuple[str, ...]
) -> tuple[tuple[Equal, ...], str | None]:
    """Return what the frames have to be, and the size. Raises Refused (400)."""
    found: list[Equal] = []
    size: str | None = None
    errors: dict[str, JsonValue] = {}
    for name in (*_READERS, "size"):
        try:
            text = text_of(query, name)
            if text and name == "size":
                size = _size(text, sizes)
            elif text:
                found.append(_READERS[name](text))
        except WrongParameter as error:
            errors[name] = [str(error)]
    if errors:
        raise Refused(400, errors)
    return tuple(found), size


def _size(text: str, sizes: tuple[str, ...]) -> str:
    if text not in sizes:
        raise WrongParameter(not_a_choice(text))
    return text


async def get_thumbnail(request: web.Request, call: Call) -> web.Response:
    """Give one picture."""
    return unless_known(request, shown_thumbnail(await _find(request, call), links(request)))


async def _find(request: web.Request, call: Call) -> Thumbnail:
    """Return the picture. Raises Refused: there is none, or none of a frame that is shown."""
    database = request.app[PORTS].database
    found = await seen(
        request,
        call.visitor,
        lambda sight: thumbnail_views.picture(database, call.id, sight),
    )
    if found is None:
        raise no_match(THUMBNAIL)
    return found


async def post_thumbnail(request: web.Request, call: Call) -> web.Response:
    """Store a picture, or replace that of its basename; of an unknown frame the frame, too."""
    user = require_superuser(call.visitor).name
    rules = request.app[PORTS].archive.rules()
    async with receive(request, [RELATED]) as said:
        post = judged(partial(read_post, said, rules, read_area, thumbnail=True))
    changes = request.app[ARCHIVE].changes
    thumbnail = await request.app[THREADS].query(changes.post_thumbnail, post, user)
    return await _told(request, thumbnail, 201)


async def patch_thumbnail(request: web.Request, call: Call) -> web.Response:
    """Change the size under which a picture is known."""
    user = require_superuser(call.visitor).name
    await _find(request, call)
    number, said = call.id, await read(request)
    ports, query = request.app[PORTS], request.app[THREADS].query
    size = judged(partial(read_thumbnail_changes, said, ports.archive.rules()))
    changes = request.app[ARCHIVE].changes
    if size is not None and not await query(changes.change_thumbnail, number, user, size):
        raise no_match(THUMBNAIL)
    return await _told(request, await _find(request, call), 200)


async def _told(request: web.Request, thumbnail: Thumbnail, status: int) -> web.Response:
    frame = await request.app[ARCHIVE].stored.get(thumbnail.frame)
    if frame is None:
        raise no_match(FRAME)
    return document(posted_thumbnail(thumbnail, frame, links(request)), status)


async def delete_thumbnail(request: web.Request, call: Call) -> web.Response:
    """Delete a picture."""
    user = require_superuser(call.visitor).name
    await _find(request, call)
    changes = request.app[ARCHIVE].changes
    if not await request.app[THREADS].query(changes.delete_thumbnail, call.id, user):
        raise no_match(THUMBNAIL)
    return web.Response(status=204)
