"""Versions, for staff: ingesters ask whether there is one of a digest before they send it."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress.archive.answers import answer, document, no_match
from http_ingress.archive.pagination import counted_page, read_window
from http_ingress.archive.places import Call
from http_ingress.archive.representations import version_said
from http_ingress.archive.seeing import links
from http_ingress.keys import PORTS, THREADS
from store.frames import version_views


async def get_versions(request: web.Request, _: Call) -> web.Response:
    """Give a page of versions; `md5` finds one."""
    ports, query = request.app[PORTS], request.query
    window = read_window(query, ports.archive.pages)
    digests = query.getall("md5", ())
    md5 = digests[-1].strip().lower() if digests else ""
    page = await request.app[THREADS].query(
        version_views.versions,
        ports.database,
        md5 or None,
        limit=window.limit,
        offset=window.offset,
    )
    urls = links(request)
    results = to_json([version_said(one, urls) for one in page.versions])
    # Read as it was written a moment ago: nobody in between may keep it.
    headers = {"Cache-Control": "no-store"}
    return document(counted_page(request, window, page.count, results), headers=headers)


async def get_version(request: web.Request, call: Call) -> web.Response:
    """Give one version."""
    database = request.app[PORTS].database
    version = await request.app[THREADS].query(version_views.version, database, call.id)
    if version is None:
        raise no_match("Version")
    return answer(version_said(version, links(request)))
