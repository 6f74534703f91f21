"""Native API, files: look them up, and read their bytes."""

from urllib.parse import quote, urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.digests import repr_digest
from http_ingress.keys import PORTS, THREADS
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.pages import file_page, files_page
from http_ingress.parameters import check_query, page_size, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.ranges import (
    ByteRange,
    UnsatisfiableError,
    Validators,
    precondition,
    wanted_range,
)
from http_ingress.representations.files import FileBody, FilesBody
from http_ingress.routes import BYTES, LIMIT, Answer, Parameter, Route
from store.file_views import FilesSelection, file, files_after
from store.fixity import CHUNK
from store.ports import FileVersion


async def get_files(request: web.Request) -> web.Response:
    """Page through the files, the newest first."""
    check_query(request, ("name", "prefix", "sha256", "md5", "after", "limit"))
    selection = FilesSelection(
        name=query_text(request, "name") or None,
        prefix=query_text(request, "prefix") or None,
        sha256=_lower(query_text(request, "sha256")),
        md5=_lower(query_text(request, "md5")),
    )
    page = await request.app[THREADS].query(
        files_after,
        request.app[PORTS].database,
        query_text(request, "after") or None,
        page_size(request),
        selection,
    )
    following = None
    if page.next is not None:
        following = f"/files?{urlencode({**request.query, 'after': page.next})}"
    if wants_html(request.headers.get("Accept")):
        return files_page(page, selection, following)
    body = FilesBody(files=[FileBody.of(version) for version in page.files], next=following)
    return web.Response(body=body.json_bytes(), headers={"Content-Type": "application/json"})


async def get_file(request: web.Request) -> web.Response:
    """Describe one version of a file."""
    version = await _version(request)
    if wants_html(request.headers.get("Accept")):
        return file_page(version)
    return web.Response(
        body=FileBody.of(version).json_bytes(), headers={"Content-Type": "application/json"}
    )


async def get_content(request: web.Request) -> web.StreamResponse:
    """Send the bytes of one version of a file, or one range of them."""
    version = await _version(request)
    validators = Validators(f'"{version.sha256}"', version.archived_at)
    headers = _headers(version, validators, public=request.app[PORTS].public_reads)
    status = precondition(request.headers, validators)
    if status == 412:  # noqa: PLR2004 - HTTP
        raise Problem(problems.PRECONDITION_FAILED, f"The entity tag is {validators.etag}.")
    if status is not None:
        return web.Response(status=status, headers=headers)
    try:
        part = None
        if request.method == "GET":
            part = wanted_range(request.headers, validators, version.size)
    except UnsatisfiableError as error:
        raise Problem(
            problems.UNSATISFIABLE,
            f"The file has {version.size} bytes.",
            field="Range",
            headers={"Content-Range": f"bytes */{version.size}"},
        ) from error
    response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
    if part is None:
        part = ByteRange(0, version.size)
    else:
        end = part.start + part.length - 1
        response.headers["Content-Range"] = f"bytes {part.start}-{end}/{version.size}"
    response.content_length = part.length
    await _send(request, response, version.object_key, part)
    return response


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


async def _version(request: web.Request) -> FileVersion:
    file_id = path_text(request, "file")
    version = await request.app[THREADS].query(file, request.app[PORTS].database, file_id)
    if version is None:
        raise Problem(
            problems.NOT_FOUND,
            f"There is no file with the id {file_id!r}; names are looked up by /files?name=NAME.",
            field="id",
        )
    return version


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


def _lower(text: str | None) -> str | None:
    return text.lower() if text else None


_ID = Parameter("file", "path", "Id of a version of a file.")

ROUTES = (
    Route(
        method="GET",
        path="/files",
        handler=get_files,
        access="read",
        tag="files",
        parameters=(
            Parameter("name", "query", "The whole name: every version of it."),
            Parameter("prefix", "query", "What the name begins with."),
            Parameter("sha256", "query", "Digest in hex."),
            Parameter("md5", "query", "Digest in hex."),
            Parameter("after", "query", "Id that the page comes after."),
            LIMIT,
        ),
        answers={200: Answer("A page.", {JSON: FilesBody, HTML: None})},
    ),
    Route(
        method="GET",
        path="/files/{file}",
        handler=get_file,
        access="read",
        tag="files",
        parameters=(_ID,),
        answers={200: Answer("The version.", {JSON: FileBody, HTML: None})},
        problems=(problems.NOT_FOUND,),
    ),
    Route(
        method="GET",
        path="/files/{file}/content",
        handler=get_content,
        access="read",
        tag="files",
        parameters=(
            _ID,
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
