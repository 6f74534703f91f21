"""Native API, the audit: who changed what of components, users and tokens."""

from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS, THREADS
from http_ingress.negotiation import JSON
from http_ingress.parameters import (
    LARGEST_POSITION,
    check_query,
    page_size,
    query_number,
    query_text,
)
from http_ingress.representations.audit import AuditLineBody, AuditPageBody
from http_ingress.routes import LIMIT, Answer, Parameter, Route
from store import audit


async def get_audit(request: web.Request) -> web.Response:
    """Page through what was changed by whom, the latest first."""
    return web.Response(
        body=(await audit_page(request, "/audit")).json_bytes(),
        headers={"Content-Type": JSON, "Cache-Control": "no-store"},
    )


async def audit_page(request: web.Request, path: str) -> AuditPageBody:
    """Return the page that the query asks for; the next is at `path`, too. Raises a Problem."""
    check_query(request, ("what", "before", "limit"))
    most = page_size(request)
    found = await request.app[THREADS].query(
        audit.page,
        request.app[PORTS].database,
        before=query_number(request, "before", LARGEST_POSITION, LARGEST_POSITION),
        most=most + 1,
        what=query_text(request, "what") or None,
    )
    lines, following = found[:most], None
    if len(found) > most:
        following = f"{path}?{urlencode({**request.query, 'before': lines[-1].id})}"
    return AuditPageBody(lines=[AuditLineBody.of(one) for one in lines], next=following)


ROUTES = (
    Route(
        method="GET",
        path="/audit",
        handler=get_audit,
        access="administer",
        tag="operation",
        parameters=(
            Parameter("what", "query", "`component:NAME`, `user:NAME` or `token:ID`."),
            Parameter("before", "query", "Id of the line that the page comes before."),
            LIMIT,
        ),
        answers={200: Answer("A page.", {JSON: AuditPageBody})},
        problems=(problems.MALFORMED,),
    ),
)
