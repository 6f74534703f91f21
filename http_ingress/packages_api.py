"""Native API, packages: zips of datasets that were built, and requests under way."""

from urllib.parse import urlencode

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS, THREADS
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.pages import package_page, packages_page
from http_ingress.parameters import check_query, page_size, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.packages import PackageBody, PackagesBody, WaitingPackageBody
from http_ingress.routes import LIMIT, Answer, Parameter, Route
from http_ingress.signing_in import SIGN_IN, may_see_all
from store.package_views import Waiting, built, built_after, waiting

_HEADERS = {"Content-Type": JSON, "Cache-Control": "no-store", "Vary": "Accept, Authorization"}
_MOST_WAITING = 100


async def get_packages(request: web.Request) -> web.Response:
    """Page through the packages, those first that were asked for last, and show what is under way.

    Operators are told who asked, as masked addresses, and where the zips can be had.
    """
    check_query(request, ("after", "limit", "sign_in"))
    in_full = await may_see_all(request)
    query, database = request.app[THREADS].query, request.app[PORTS].database
    most, after = page_size(request), query_text(request, "after") or None
    found = await query(built_after, database, after, most + 1)
    open_ones: list[Waiting] = []
    if after is None:
        open_ones = await query(waiting, database, _MOST_WAITING)
    following = None
    if len(found) > most:
        following = f"/packages?{urlencode({**request.query, 'after': found[most - 1].package.id})}"
    now = request.app[PORTS].clock()
    body = PackagesBody(
        waiting=[WaitingPackageBody.of(one, in_full=in_full) for one in open_ones],
        packages=[PackageBody.of(one, now, in_full=in_full) for one in found[:most]],
        next=following,
    )
    if wants_html(request.headers.get("Accept")):
        return packages_page(body, now, is_first=after is None, in_full=in_full)
    return web.Response(body=body.json_bytes(), headers=_HEADERS)


async def get_package(request: web.Request) -> web.Response:
    """Describe one package."""
    check_query(request, ("sign_in",))
    in_full = await may_see_all(request)
    package_id = path_text(request, "id")
    found = await request.app[THREADS].query(built, request.app[PORTS].database, package_id)
    if found is None:
        raise Problem(
            problems.NOT_FOUND,
            f"There is no package {package_id!r}; it has the id of the request it was built for.",
            field="id",
        )
    now = request.app[PORTS].clock()
    body = PackageBody.of(found, now, in_full=in_full)
    if wants_html(request.headers.get("Accept")):
        return package_page(body, now, in_full=in_full)
    return web.Response(body=body.json_bytes(), headers=_HEADERS)


ROUTES = (
    Route(
        method="GET",
        path="/packages",
        handler=get_packages,
        access="read",
        tag="packages",
        parameters=(Parameter("after", "query", "Id that the page comes after."), LIMIT, SIGN_IN),
        answers={200: Answer("A page.", {JSON: PackagesBody, HTML: None})},
    ),
    Route(
        method="GET",
        path="/packages/{id}",
        handler=get_package,
        access="read",
        tag="packages",
        parameters=(Parameter("id", "path", "Id of a package."), SIGN_IN),
        answers={200: Answer("The package.", {JSON: PackageBody, HTML: None})},
        problems=(problems.NOT_FOUND,),
    ),
)
