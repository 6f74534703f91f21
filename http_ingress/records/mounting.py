"""`/records`: every place, and what can be done there.

One route takes all, since a label may hold what routers take for structure. Nothing is ever
redirected: Sumatra's client follows no redirect of a PUT, and takes that of a GET for success.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from aiohttp import web

from http_ingress.foreign import Adapter, mount_adapter
from http_ingress.fresh import Fresh
from http_ingress.keys import PORTS, THREADS
from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON
from http_ingress.records import (
    permissions_api,
    project_api,
    projects_api,
    record_api,
    tags_api,
)
from http_ingress.records.addresses import PREFIX, Kind, NoSuchPlaceError, Place, parse
from http_ingress.records.answers import Refused, not_allowed, plain
from http_ingress.records.html.refusals import refusal
from http_ingress.records.receiving import drain
from http_ingress.records.room import Room
from http_ingress.records.visitors import enter
from http_ingress.together import Together
from producers.projects import Projects
from store.errors import UnavailableError
from store.projects import standings
from store.records import overdue

_Do = Callable[[web.Request, Place], Awaitable[web.StreamResponse]]

_OVERDUE_SECONDS = 1.0


async def _reserved(request: web.Request, place: Place) -> web.StreamResponse:
    """Refuse a record under a label whose address means something else."""
    await enter(request, place.project, writing=True)
    name = f"tag/{place.tag}" if place.kind == "tag" else place.kind
    raise Refused(400, f"label: {name!r} is reserved")


PLACES: Mapping[Kind, Mapping[str, _Do]] = {
    "list": {"GET": projects_api.get_projects},
    "project": {
        "GET": project_api.get_project,
        "PUT": project_api.put_project,
        "POST": project_api.post_project,
    },
    "permissions": {
        "GET": permissions_api.get_permissions,
        "POST": permissions_api.post_permission,
    },
    "permission": {"DELETE": permissions_api.delete_permission},
    "last": {"GET": record_api.get_last, "PUT": _reserved},
    "tag": {"GET": tags_api.get_tagged, "DELETE": tags_api.delete_tagged, "PUT": _reserved},
    "record": {
        "GET": record_api.get_record,
        "PUT": record_api.put_record,
        "DELETE": record_api.delete_record,
    },
}
"""What can be done where; HEAD goes with GET, and OPTIONS is answered everywhere."""


def mount_records(application: web.Application) -> None:
    """Have the application answer for `/records`."""
    mount_adapter(application, Adapter(PREFIX, _do, _refuse, drain))


def records_room(application: web.Application) -> Room:
    """Return what the record store shares between requests."""
    ports, threads = application[PORTS], application[THREADS]

    async def look() -> bool:
        before = ports.clock() - timedelta(seconds=ports.limits.answer_seconds)
        return await threads.query(overdue, ports.database, before)

    projects = Projects(ports.database, ports.ledger, ports.stamp, ports.clock)
    together = Together(lambda asked: threads.query(standings, ports.database, asked))
    return Room(projects, together, Fresh(look, _OVERDUE_SECONDS))


def _refuse(request: web.Request, error: Exception) -> web.StreamResponse | None:
    if isinstance(error, Refused):
        return refusal(request, error)
    if isinstance(error, UnavailableError):
        return plain(503, f"{tell(error)}; send it again", RETRY_SOON)
    return None


async def _do(request: web.Request) -> web.StreamResponse:
    try:
        place = parse(request.raw_path)
    except NoSuchPlaceError as error:
        raise Refused(400 if request.method == "PUT" else 404, str(error)) from error
    doings = PLACES[place.kind]
    allowed = allowed_at(place.kind)
    if request.method == "OPTIONS":
        return plain(200, "", {"Allow": allowed})
    do = doings.get("GET" if request.method == "HEAD" else request.method)
    if do is None or (do is _reserved and request.method != "PUT"):
        raise not_allowed(allowed)
    return await do(request, place)


def allowed_at(kind: Kind) -> str:
    """Return the methods of a place, as `Allow` lists them."""
    # What a form of ours does by POST is no part of the API: clients are told of PUT.
    hidden = {"POST"} if kind == "project" else set()
    hidden |= {method for method, do in PLACES[kind].items() if do is _reserved}
    methods = [method for method in PLACES[kind] if method not in hidden]
    heads = ["HEAD"] if "GET" in methods else []
    return ", ".join([*methods, *heads, "OPTIONS"])
