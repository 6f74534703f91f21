"""Native API, files: look them up."""

from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.discretion import viewer_of
from http_ingress.keys import PORTS, THREADS
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.pages import file_page, files_page
from http_ingress.parameters import check_query, page_size, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.files import FileBody, FilesBody
from http_ingress.routes import LIMIT, Answer, Parameter, Route
from store.file_views import FilesSelection, file, files_after
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
        await _public_at(request),
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
    version = await find_version(request)
    if wants_html(request.headers.get("Accept")):
        return file_page(version)
    return web.Response(
        body=FileBody.of(version).json_bytes(), headers={"Content-Type": "application/json"}
    )


async def find_version(request: web.Request) -> FileVersion:
    """Return the version that the path names. Raises a Problem: unknown."""
    file_id = path_text(request, "file")
    threads, ports = request.app[THREADS], request.app[PORTS]
    version = await threads.query(file, ports.database, file_id, ports.clock())
    if version is None and await _public_at(request) is None:
        version = await threads.query(file, ports.database, file_id, None)
    if version is None:
        raise Problem(
            problems.NOT_FOUND,
            f"There is no file with the id {file_id!r}; names are looked up by /files?name=NAME.",
            field="id",
        )
    return version


async def _public_at(request: web.Request) -> datetime | None:
    """Return when frames have to be public that are shown; None: nothing is hidden."""
    viewer = await viewer_of(request)
    may_see_all = viewer is not None and viewer.may_administer
    return None if may_see_all else request.app[PORTS].clock()


def _lower(text: str | None) -> str | None:
    return text.lower() if text else None


FILE = Parameter("file", "path", "Id of a version of a file.")

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
        parameters=(FILE,),
        answers={200: Answer("The version.", {JSON: FileBody, HTML: None})},
        problems=(problems.NOT_FOUND,),
    ),
)
