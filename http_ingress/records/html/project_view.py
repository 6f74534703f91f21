"""What people look at of a project: its records, a page of them at a time."""

from dataclasses import replace

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.records.html import pages
from http_ingress.records.searching import Search
from http_ingress.records.visitors import Visit
from store import projects, record_views
from store.database import Database

_ON_A_PAGE = 50
_MOST_ON_A_PAGE = 500


async def show_project(request: web.Request, visit: Visit, search: Search) -> web.StreamResponse:
    """Show a page of a project's records."""
    database = request.app[PORTS].database
    view = await request.app[THREADS].query(_look, database, visit, search)
    # Writing hundreds of rows takes its time; the loop is everybody's.
    return await request.app[THREADS].transfer(pages.project_page, view)


def _look(database: Database, visit: Visit, search: Search) -> pages.ProjectPage:
    limit = min(search.limit or _ON_A_PAGE, _MOST_ON_A_PAGE)
    project = visit.project.id
    return pages.ProjectPage(
        visit=visit,
        members=projects.members(database, project) if visit.member else (),
        records=record_views.page(
            database, project, search, limit=limit, offset=search.offset, whole=False
        ),
        total=record_views.count(database, project, search),
        tags=record_views.tags(database, project),
        search=replace(search, limit=None if search.limit is None else limit),
        limit=limit,
    )
