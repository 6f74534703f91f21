"""FITS files that are made when somebody asks: unpacked as by funpack, or catalogues alone."""

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from aiohttp import web

from http_ingress.archive.answers import Refused, detail, no_match, unavailable
from http_ingress.archive.content_api import content
from http_ingress.archive.places import Call
from http_ingress.archive.seeing import FRAME, seen
from http_ingress.attachments import Attachment, send
from http_ingress.keys import ARCHIVE, PORTS, THREADS
from http_ingress.ranges import Validators
from store.archive.links import Kind, state_of
from store.errors import ObjectNotFoundError
from store.fits.reading import UnreadableFitsError
from store.fits.unpacking import NoCatalogueError
from store.frames import views as frame_views
from store.frames.making import How, Workshop
from store.frames.values import Frame, Sight, Version

_COMPRESSED = ".fits.fz"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_KINDS: Final[dict[How, Kind]] = {"funpack": "frame-funpack", "catalogue": "frame-catalog"}


async def get_unpacked(request: web.Request, call: Call) -> web.StreamResponse:
    """Send the newest file of a frame with its compressed images made plain."""
    frame, version = await _newest(request, call, "funpack")
    name = f"{frame.basename}{version.extension}"
    plain = f"{frame.basename}.fits" if version.extension == _COMPRESSED else name
    return await _send(request, version, "funpack", plain)


async def get_catalogue(request: web.Request, call: Call) -> web.StreamResponse:
    """Send the catalogue in the newest file of a frame."""
    frame, version = await _newest(request, call, "catalogue")
    name = f"{frame.basename}{version.extension}".replace(_COMPRESSED, "-catalog.fits")
    return await _send(request, version, "catalogue", name)


@asynccontextmanager
async def workshop(request: web.Request) -> AsyncIterator[Workshop]:
    """Give room to make files to a block, when it is its turn. A full disk is a Refused (503)."""
    threads, folder = request.app[THREADS], request.app[PORTS].archive.scratch
    try:
        made = await threads.zip(Workshop, content(request), folder)
        try:
            yield made
        finally:
            await threads.zip(made.close)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise unavailable("There is no room to unpack files") from error


async def _newest(request: web.Request, call: Call, how: How) -> tuple[Frame, Version]:
    database = request.app[PORTS].database

    def look(sight: Sight) -> Frame | None:
        return frame_views.frame(database, call.id, sight, frame_views.BARE)

    if _has_link(request, call, how):
        sight = Sight(request.app[PORTS].clock(), superuser=True)
        frame = await request.app[THREADS].query(look, sight)
    else:
        frame = await seen(request, call.visitor, look)
    if frame is None or frame.newest is None:
        raise no_match(FRAME)
    return frame, frame.newest


def _has_link(request: web.Request, call: Call, how: How) -> bool:
    """Whether who asks was sent here by a zip's manifest: its maker knows no token."""
    ports, query = request.app[PORTS], request.query
    state = state_of(
        ports.archive.secret,
        _KINDS[how],
        call.id,
        "",
        expires=query.get("expires", ""),
        signature=query.get("signature", ""),
        now=ports.clock().timestamp(),
    )
    return state == "good"


async def _send(request: web.Request, version: Version, how: How, name: str) -> web.StreamResponse:
    room, threads = request.app[ARCHIVE], request.app[THREADS]
    async with workshop(request) as maker:
        try:
            async with room.making:
                made = await threads.zip(maker.make, version, how)
        except (ObjectNotFoundError, UnreadableFitsError, NoCatalogueError) as error:
            raise _refused(error) from error
        attachment = Attachment(
            open=partial(maker.open, made),
            size=made.size,
            validators=Validators(f'"{version.md5}-{how}"', version.created_at),
            name=name,
            media_type="application/octet-stream",
            cache_control="private, no-cache",
            headers={},
        )
        return await send(request, attachment)


def _refused(error: Exception) -> Refused:
    match error:
        case NoCatalogueError():
            return detail(404, "The file has no catalogue.")
        case UnreadableFitsError():
            return detail(409, "The file is not FITS that can be unpacked.")
    return detail(404, "The file is not there.")
