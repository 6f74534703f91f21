"""`/packager/statistics`: totals, and lists of what was served and what failed."""

from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from http_ingress.keys import PORTS, THREADS
from http_ingress.packager.answers import answer, bad_request
from http_ingress.packager.receiving import Fields
from schemas.package_values import ParameterError, number, text
from store.database import Database
from store.package_statistics import Chosen, Logged, failed, served, totals

_USUAL = 100
_MOST = 1_000_000
"""Entries of one answer."""
_LISTS: Mapping[str, Callable[[Database, Chosen], Sequence[Logged]]] = {
    "requests": served,
    "errors": failed,
}


async def get_totals(request: web.Request, fields: Fields) -> web.Response:
    """Return the totals of one resource, or of all."""
    database, resource_id = request.app[PORTS].database, _text(fields, "resource_id")
    found = await request.app[THREADS].query(totals, database, resource_id)
    # One of them is what ckanpackager says, the other what its manual says.
    return answer({"status": True, "success": True, "totals": found})


async def get_list(request: web.Request, fields: Fields, name: str) -> web.Response:
    """Return a part of one of the lists, the newest first."""
    look_up = _LISTS.get(name)
    if look_up is None:
        raise bad_request(f"Unknown statistics request {name}")
    resource_id, email = _text(fields, "resource_id"), _text(fields, "email")
    offset, limit = _number(fields, "offset", 0), _number(fields, "limit", _USUAL, _MOST)
    ports, threads = request.app[PORTS], request.app[THREADS]
    if email is not None:
        email = await threads.password(ports.packager.anonymise, email)
    chosen = Chosen(resource_id=resource_id, email=email, offset=offset, limit=limit)

    def respond() -> web.Response:
        return answer({"success": True, name: look_up(ports.database, chosen)})

    return await threads.query(respond)


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    try:
        found = None if value is None else text(name, value)
    except ParameterError as error:
        raise bad_request(str(error)) from error
    # Nothing is called by a name with NUL in it, and PostgreSQL would not even look.
    return found.replace("\0", "\N{REPLACEMENT CHARACTER}") if found else None


def _number(fields: Fields, name: str, usual: int, most: int | None = None) -> int:
    value = fields.get(name)
    if value is None or value == "":
        return usual
    try:
        return number(name, value) if most is None else number(name, value, most)
    except ParameterError as error:
        raise bad_request(str(error)) from error
