"""`/packager`: every place, and what can be done there. Nothing is ever redirected."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from hmac import compare_digest

from aiohttp import web

from http_ingress.foreign import Adapter, mount_adapter
from http_ingress.keys import PORTS
from http_ingress.packager.answers import failure_of, not_allowed, not_authorised, nothing_here
from http_ingress.packager.downloads_api import get_zip
from http_ingress.packager.packaging_api import ask_for_package
from http_ingress.packager.receiving import Fields, drain, read_fields
from http_ingress.packager.statistics_api import get_list, get_totals
from http_ingress.packager.status_api import clear_caches, get_status

PREFIX = "/packager"

_Do = Callable[[web.Request, Fields], Awaitable[web.StreamResponse]]

PLACES: Mapping[str, _Do] = {
    "": get_status,
    "/": get_status,
    "/status": get_status,
    "/package_datastore": partial(ask_for_package, kind="datastore"),
    "/package_url": partial(ask_for_package, kind="url"),
    "/package_dwc_archive": partial(ask_for_package, kind="dwc_archive"),
    "/clear_caches": clear_caches,
    "/statistics": get_totals,
}
"""What POST does where."""
_LISTS = "/statistics/"
_ZIPS = "/resources/"


def mount_packager(application: web.Application) -> None:
    """Have the application answer for `/packager`."""
    mount_adapter(application, Adapter(PREFIX, _do, _refuse, drain))


def _refuse(_: web.Request, error: Exception) -> web.StreamResponse | None:
    failure = failure_of(error)
    return None if failure is None else failure.response()


async def _do(request: web.Request) -> web.StreamResponse:
    below = request.match_info["below"]
    name = below.removeprefix(_ZIPS)
    if name != below and name and "/" not in name:
        if request.method not in {"GET", "HEAD"}:
            raise not_allowed("GET, HEAD")
        return await get_zip(request, name)
    do = _place(below)
    if request.method != "POST":
        raise not_allowed("POST")
    return await do(request, await read_fields(request, partial(_check_secret, request)))


def _place(below: str) -> _Do:
    name = below.removeprefix(_LISTS)
    if name != below and name and "/" not in name:
        return partial(get_list, name=name)
    if below not in PLACES:
        raise nothing_here()
    return PLACES[below]


def _check_secret(request: web.Request, given: object) -> None:
    """Refuse whoever does not know the secret; how long it takes says nothing of how much of it."""
    secret = request.app[PORTS].packager.secret
    said = given.encode(errors="replace") if isinstance(given, str) else b""
    if not compare_digest(said, secret.encode()) or not secret:
        raise not_authorised()
