"""Versions, for staff: ingesters ask whether there is one of a digest before they send it."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress.archive import pagination
from http_ingress.archive.answers import answer, document, no_match
from http_ingress.archive.parameter_values import last
from http_ingress.archive.places import Call
from http_ingress.archive.representations import Urls, version_said
from http_ingress.archive.seeing import links
from http_ingress.keys import PORTS, THREADS
from store.frames import version_views
from store.frames.id_pages import BY_ID
from store.frames.values import Version


async def get_versions(request: web.Request, _: Call) -> web.Response:
    """Give a page of versions; `md5` finds one."""
    body = await request.app[THREADS].query(_page, request)
    # Read as it was written a moment ago: nobody in between may keep it.
    return document(body, headers={"Cache-Control": "no-store"})


def _page(request: web.Request) -> bytes:
    ports, query, urls = request.app[PORTS], request.query, links(request)
    pages, database = ports.archive.pages, ports.database
    md5 = last(query, "md5").strip().lower() or None
    if pagination.by_cursor(query):
        place, limit = pagination.read_place(query, BY_ID), pagination.read_limit(query, pages)
        stretch = version_views.versions_after(database, md5, place=place, limit=limit)
        return pagination.turned_page(
            request, pagination.around(stretch, place), _written(stretch.found, urls)
        )
    window = pagination.read_window(query, pages)
    page = version_views.versions(database, md5, limit=window.limit, offset=window.offset)
    return pagination.counted_page(request, window, page.count, _written(page.versions, urls))


def _written(versions: list[Version], urls: Urls) -> bytes:
    return to_json([version_said(one, urls) for one in versions])


async def get_version(request: web.Request, call: Call) -> web.Response:
    """Give one version."""
    database = request.app[PORTS].database
    version = await request.app[THREADS].query(version_views.version, database, call.id)
    if version is None:
        raise no_match("Version")
    return answer(version_said(version, links(request)))
