"""From what an address asks for to records, page by page."""

from collections.abc import AsyncIterator
from functools import partial

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.records.searching import Search
from store import record_views
from store.record_views import Stored

_PAGE = 200


async def every(request: web.Request, project: str, search: Search) -> AsyncIterator[Stored]:
    """Yield the records, whole, newest run first; memory stays flat with their number."""
    database, query = request.app[PORTS].database, request.app[THREADS].query
    look = partial(record_views.page, database, project, search)
    left = search.limit
    after, offset = None, search.offset
    while left is None or left > 0:
        most = _PAGE if left is None else min(left, _PAGE)
        found = await query(look, limit=most, offset=offset, after=after)
        for stored in found:
            yield stored
        if len(found) < most:
            return
        after, offset = found[-1], 0
        left = None if left is None else left - most
