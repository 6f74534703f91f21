"""Native API, content: the bytes of files, whole or in ranges (RFC 9110)."""

from urllib.parse import quote

from aiohttp import web

from http_ingress import problems
from http_ingress.digests import repr_digest
from http_ingress.files_api import FILE, find_version
from http_ingress.keys import PORTS, THREADS
from http_ingress.problems import Problem
from http_ingress.ranges import (
    ByteRange,
    UnsatisfiableError,
    Validators,
    precondition,
    wanted_range,
)
from http_ingress.routes import BYTES, Answer, Parameter, Route
from store.fixity import CHUNK
from store.ports import FileVersion


async def get_content(request: web.Request) -> web.StreamResponse:
    """Send the bytes of one version of a file, or one range of them."""
    version = await find_version(request)
    validators = Validators(f'"{version.sha256}"', version.archived_at)
    headers = _headers(version, validators, public=request.app[PORTS].public_reads)
    status = precondition(request.headers, validators)
    if status == 412:  # noqa: PLR2004 - HTTP
        raise Problem(problems.PRECONDITION_FAILED, f"The entity tag is {validators.etag}.")
    if status is not None:
        return web.Response(status=status, headers=headers)
    part = _part(request, validators, version.size)
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    if part is None:
        part = ByteRange(0, version.size)
    else:
        end = part.start + part.length - 1
        response.headers["Content-Range"] = f"bytes {part.start}-{end}/{version.size}"
    response.content_length = part.length
    await _send(request, response, version.object_key, part)
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
    request: web.Request, response: web.StreamResponse, key: str, part: ByteRange
) -> None:
    if request.method == "HEAD":
        await response.prepare(request)
        return
    threads, objects = request.app[THREADS], request.app[PORTS].objects
    stream = await threads.transfer(objects.open, key, part.start, part.length)
    try:
        await response.prepare(request)
        left = part.length
        while left > 0:
            chunk = await threads.transfer(stream.read, min(CHUNK, left))
            if not chunk:
                raise EOFError(f"object {key!r} ends {left} bytes early")
            left -= len(chunk)
            await response.write(chunk)
    finally:
        await threads.transfer(stream.close)


def _headers(version: FileVersion, validators: Validators, *, public: bool) -> dict[str, str]:
    return {
        "Content-Type": version.media_type,
        "Content-Disposition": _attachment(version.name.rpartition("/")[2]),
        "ETag": validators.etag,
        "Last-Modified": validators.last_modified,
        "Repr-Digest": repr_digest(version.sha256),
        "Accept-Ranges": "bytes",
        # A version never changes. What it holds is not ours, and must not act as our page.
        "Cache-Control": f"{'public' if public else 'private'}, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


def _attachment(name: str) -> str:
    """Return a Content-Disposition with the name in plain ASCII and, RFC 8187, as it is."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in " ._-" else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


ROUTES = (
    Route(
        method="GET",
        path="/files/{file}/content",
        handler=get_content,
        access="read",
        tag="files",
        parameters=(
            FILE,
            Parameter("Range", "header", "One range of bytes, e.g. `bytes=0-1023`."),
            Parameter("If-None-Match", "header", "Entity tag of what is there already."),
        ),
        answers={
            200: Answer(
                "The bytes, always to be saved and never to be shown.",
                {"*/*": BYTES},
                {"ETag": "The SHA-256 in hex.", "Repr-Digest": "The SHA-256, RFC 9530."},
            ),
            206: Answer("The range.", {"*/*": BYTES}),
            304: Answer("It is there already."),
        },
        problems=(problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.UNSATISFIABLE),
    ),
)
