"""Bytes of an object that never changes, sent to be saved: whole or in ranges (RFC 9110)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import quote

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import THREADS
from http_ingress.problems import Problem
from http_ingress.ranges import (
    ByteRange,
    UnsatisfiableError,
    Validators,
    precondition,
    wanted_range,
)
from store.fixity import CHUNK


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What is sent, and what is said of it."""

    open: Callable[[int, int], BinaryIO]
    """Opens so many bytes from one on; called in a thread."""
    size: int
    validators: Validators
    name: str
    """Under which a browser saves it."""
    media_type: str
    cache_control: str
    headers: Mapping[str, str]
    """More of them."""


async def send(request: web.Request, attachment: Attachment) -> web.StreamResponse:
    """Send the bytes, or one range of them. Raises a Problem; ObjectNotFoundError."""
    headers, validators = _headers(attachment), attachment.validators
    status = precondition(request.headers, validators)
    if status == 412:  # noqa: PLR2004 - HTTP
        raise Problem(problems.PRECONDITION_FAILED, f"The entity tag is {validators.etag}.")
    if status is not None:
        return web.Response(status=status, headers=headers)
    part = _part(request, validators, attachment.size)
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    if part is None:
        part = ByteRange(0, attachment.size)
    else:
        end = part.start + part.length - 1
        response.headers["Content-Range"] = f"bytes {part.start}-{end}/{attachment.size}"
    response.content_length = part.length
    await _send(request, response, attachment, part)
    return response


def _part(request: web.Request, validators: Validators, size: int) -> ByteRange | None:
    if request.method != "GET":
        return None
    try:
        return wanted_range(request.headers, validators, size)
    except UnsatisfiableError as error:
        raise Problem(
            problems.UNSATISFIABLE,
            f"The file has {size} bytes.",
            field="Range",
            headers={"Content-Range": f"bytes */{size}"},
        ) from error


async def _send(
    request: web.Request, response: web.StreamResponse, attachment: Attachment, part: ByteRange
) -> None:
    if request.method == "HEAD":
        await response.prepare(request)
        return
    threads = request.app[THREADS]
    stream = await threads.transfer(attachment.open, part.start, part.length)
    try:
        await response.prepare(request)
        left = part.length
        while left > 0:
            chunk = await threads.transfer(stream.read, min(CHUNK, left))
            if not chunk:
                raise EOFError(f"{attachment.name!r} ends {left} bytes early")
            left -= len(chunk)
            await response.write(chunk)
    finally:
        await threads.transfer(stream.close)


def _headers(attachment: Attachment) -> dict[str, str]:
    return {
        "Content-Type": attachment.media_type,
        "Content-Disposition": disposition(attachment.name),
        "ETag": attachment.validators.etag,
        "Last-Modified": attachment.validators.last_modified,
        "Accept-Ranges": "bytes",
        "Cache-Control": attachment.cache_control,
        # What it holds is not ours, and must not act as our page.
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        **attachment.headers,
    }


def disposition(name: str) -> str:
    """Return a Content-Disposition with the name in plain ASCII and, RFC 8187, as it is."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in " ._-" else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
