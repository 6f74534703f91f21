"""Bytes of versions and thumbnails, for whoever has a link that we signed."""

from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from http_ingress.archive.answers import Refused, detail
from http_ingress.archive.places import Call
from http_ingress.attachments import Attachment, send
from http_ingress.keys import PORTS, THREADS
from http_ingress.ranges import Validators
from schemas.media_types import guess_media_type
from store.archive.links import Kind, state_of
from store.database import Database
from store.errors import ObjectNotFoundError
from store.frames.content import Bytes, FrameContent, thumbnail
from store.frames.version_views import version

Held = TypeVar("Held")
"""A version or a thumbnail."""


async def get_content(request: web.Request, call: Call) -> web.StreamResponse:
    """Send the bytes of a version, or one range of them."""
    return await _send(request, call, "content", version, content(request).of_version)


async def get_thumbnail_content(request: web.Request, call: Call) -> web.StreamResponse:
    """Send the bytes of a thumbnail, or one range of them."""
    bytes_of = content(request).of_thumbnail
    return await _send(request, call, "thumbnail-content", thumbnail, bytes_of)


async def _send(
    request: web.Request,
    call: Call,
    kind: Kind,
    find: Callable[[Database, int], Held | None],
    bytes_of: Callable[[Held], Bytes],
) -> web.StreamResponse:
    _check(request, call, kind)
    threads, database = request.app[THREADS], request.app[PORTS].database
    found = await threads.query(find, database, call.id)
    if found is None:
        raise _gone()
    try:
        there = await threads.transfer(bytes_of, found)
        return await send(request, _attachment(request, call, there))
    except ObjectNotFoundError as error:
        raise _gone() from error


def content(request: web.Request) -> FrameContent:
    """Return what knows where bytes of frames are."""
    ports = request.app[PORTS]
    return FrameContent(ports.objects, ports.archive.file_store)


def _check(request: web.Request, call: Call, kind: Kind) -> None:
    """Raise Refused unless the link is good: 403 for one that is not ours, 410 for an old one."""
    ports, query = request.app[PORTS], request.query
    state = state_of(
        ports.archive.secret,
        kind,
        call.id,
        call.parts["name"],
        expires=query.get("expires", ""),
        signature=query.get("signature", ""),
        now=ports.clock().timestamp(),
    )
    if state == "forged":
        raise detail(403, "This link is not one of ours: ask for the frame to be given one.")
    if state == "expired":
        raise detail(410, "This link has expired: ask for the frame to be given another.")


def _attachment(request: web.Request, call: Call, there: Bytes) -> Attachment:
    left = int(request.query["expires"]) - request.app[PORTS].clock().timestamp()
    name = call.parts["name"]
    return Attachment(
        open=there.open,
        size=there.size,
        validators=Validators(there.etag, there.modified),
        name=name,
        media_type=guess_media_type(name),
        # Who has the link may have been shown a private frame: nobody on the way may keep it.
        cache_control=f"private, max-age={int(left)}",
        headers={"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"},
    )


def _gone() -> Refused:
    return detail(404, "The file is not there (any more).")
