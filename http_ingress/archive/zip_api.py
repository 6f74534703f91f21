"""`/frames/zip/`: files of frames as one zip, sent while its members are fetched.

Nothing is left out silently. What is known to be missing is told before the first byte; what turns
out to be missing later breaks the zip off, short of the length that was promised.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256
from typing import BinaryIO

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive.answers import Refused, detail, unavailable
from http_ingress.archive.content_api import content
from http_ingress.archive.made_api import workshop
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read
from http_ingress.archive.seeing import seen
from http_ingress.archive.throttling import throttle
from http_ingress.archive.visitors import Visitor, by_key, identify
from http_ingress.archive.zip_manifest import manifest
from http_ingress.keys import ARCHIVE, PORTS, THREADS
from http_ingress.outages import tell
from http_ingress.ranges import ByteRange, UnsatisfiableError, Validators, wanted_range
from schemas.frame_posting import PostError
from schemas.frame_zip_asking import ZipAsked, read_zip_asked
from store.errors import UnavailableError
from store.frames import views as frame_views
from store.frames.values import Frame, Sight
from store.frames.zips import Gathered, Wanted, gather, wanted
from store.zips.ahead import MemberUnreadableError, ReadAhead
from store.zips.stored import StoredZip

_MOST_NAMED = 100
"""Missing files that are named."""

_log = logging.getLogger(__name__)


async def post_zip(request: web.Request, _: Call) -> web.StreamResponse:
    """Send a zip of the newest files of those frames that may be seen."""
    asked, visitor = await _asked(request)
    frames = await _frames(request, visitor, asked)
    ports, room = request.app[PORTS], request.app[ARCHIVE]
    name = f"{ports.archive.zip_base}-{ports.clock():%Y%m%d}-{len(frames)}"
    wants = wanted(frames, uncompress=asked.uncompress, catalogues=asked.catalogues)
    if not wants:
        raise Refused(404)
    if room.zips.locked():
        raise unavailable("Too many zips are being sent")
    async with room.zips, _gathered(request, wants, name) as gathered:
        if gathered.missing:
            raise _incomplete(gathered)
        if not gathered.members:
            raise detail(404, "None of these frames has a catalogue.")
        if ports.archive.zip_manifest:
            lines = web.Response(text=manifest(request, gathered))
            lines.headers["X-Archive-Files"] = "zip"
            return _headed(lines, name)
        return await _send(request, gathered, name)


async def _asked(request: web.Request) -> tuple[ZipAsked, Visitor]:
    """Return what is asked, and who asks; the token is in nothing that is logged."""
    ports = request.app[PORTS]
    said = await read(request, ("frame_ids",))
    try:
        asked = read_zip_asked(said, ports.archive.zip_most_uncompressed)
    except PostError as error:
        raise Refused(400, error.errors) from error
    if asked.token:
        found = await by_key(request, asked.token)
        if found is None:
            raise detail(404, "No Token matches the given query.")
        visitor = found
    else:
        visitor = await identify(request, said if isinstance(said, dict) else {})
    throttle(request, visitor)
    return asked, visitor


async def _frames(request: web.Request, visitor: Visitor, asked: ZipAsked) -> list[Frame]:
    database = request.app[PORTS].database

    def look(sight: Sight) -> list[Frame] | None:
        return frame_views.many(database, asked.frames, sight) or None

    frames = await seen(request, visitor, look) if asked.frames else None
    if frames is None:
        raise Refused(404)
    return frames


@asynccontextmanager
async def _gathered(
    request: web.Request, wants: list[Wanted], folder: str
) -> AsyncIterator[Gathered]:
    """Give a block what there is; what was made for it goes when the block ends."""
    threads, found = request.app[THREADS], content(request)
    if all(one.how == "stored" for one in wants):
        yield await threads.zip(gather, found, wants, folder, None)
        return
    async with workshop(request) as maker:
        async with request.app[ARCHIVE].making:
            gathered = await threads.zip(gather, found, wants, folder, maker)
        yield gathered


async def _send(request: web.Request, gathered: Gathered, name: str) -> web.StreamResponse:
    threads, plan = request.app[THREADS], StoredZip(gathered.members)
    response = _headed(web.StreamResponse(), name)
    response.content_type = "application/zip"
    part = ByteRange(0, plan.length)
    if plan.seekable:
        part = _part(request, response, gathered, plan) or part
    response.content_length = part.length

    def open_member(member: int, start: int, length: int) -> BinaryIO:
        # Up to its end it is asked for whole: only then is seen whether there is more of it.
        is_end = start + length == gathered.members[member].size
        return gathered.openers[member](start, None if is_end else length)

    ahead = ReadAhead(plan, open_member, part.start, part.start + part.length)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(threads.zip, ahead.close)
        try:
            await threads.zip(ahead.start)
        except MemberUnreadableError as error:
            raise _unreadable(error) from error
        await response.prepare(request)
        while (chunk := await threads.zip(next, ahead, None)) is not None:
            await response.write(chunk)
    return response


def _part(
    request: web.Request, response: web.StreamResponse, gathered: Gathered, plan: StoredZip
) -> ByteRange | None:
    """Return the range that is asked for, and say so; None: all."""
    digest = sha256()
    for one, member in zip(gathered.found, gathered.members, strict=True):
        digest.update(f"{member.name}\0{one.version.md5}\0{member.size}\n".encode())
    newest = max(member.modified for member in gathered.members)
    validators = Validators(f'"{digest.hexdigest()}"', newest)
    response.headers["ETag"] = validators.etag
    response.headers["Accept-Ranges"] = "bytes"
    try:
        part = wanted_range(request.headers, validators, plan.length)
    except UnsatisfiableError as error:
        headers = {"Content-Range": f"bytes */{plan.length}"}
        raise detail(416, f"The zip has {plan.length} bytes.", headers) from error
    if part is not None:
        response.set_status(206)
        end = part.start + part.length - 1
        response.headers["Content-Range"] = f"bytes {part.start}-{end}/{plan.length}"
    return part


def _headed(response: web.StreamResponse, name: str) -> web.StreamResponse:
    """Add what every zip is sent with."""
    response.headers["Content-Disposition"] = f"attachment; filename={name}.zip"
    response.headers["Cache-Control"] = "private, no-store"
    # By it a page's script sees that the download has begun.
    response.headers.add("Set-Cookie", "fileDownload=true; path=/")
    return response


def _incomplete(gathered: Gathered) -> Refused:
    missing: list[JsonValue] = [
        {"id": one.frame.id, "filename": one.frame.filename}
        for one in gathered.missing[:_MOST_NAMED]
    ]
    if not gathered.members:
        return Refused(404, {"detail": "None of these files can be read.", "missing": missing})
    count = len(gathered.missing)
    text = f"{count} of these files cannot be read: leave their frames out to have the others."
    return Refused(409, {"detail": text, "missing": missing})


def _unreadable(error: MemberUnreadableError) -> Refused:
    _log.warning("no zip was sent: %s", error)
    if isinstance(error.__cause__, UnavailableError):
        return unavailable(tell(error.__cause__))
    return detail(409, f"{error.name.rpartition('/')[2]} cannot be read: leave its frame out.")
