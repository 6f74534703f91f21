"""One project: its document, what it is called, and all of its records at once."""

from collections.abc import AsyncIterator, Mapping
from functools import partial

from aiohttp import web
from pydantic_core import to_json

from http_ingress.asking import FORM
from http_ingress.base_urls import base_for
from http_ingress.forgery import check_origin
from http_ingress.keys import PORTS, RECORDS, THREADS
from http_ingress.records.addresses import Place, project_url, record_urls
from http_ingress.records.answers import Refused, document, forbidden, not_allowed, plain
from http_ingress.records.bulk_api import LINES, import_records
from http_ingress.records.html.project_view import show_project
from http_ingress.records.negotiating import choose
from http_ingress.records.receiving import read, read_form
from http_ingress.records.requests import accept_of, format_of
from http_ingress.records.searching import Search, read_search, tags_value
from http_ingress.records.selecting import every
from http_ingress.records.serving import Pieces, pieces, stream
from http_ingress.records.visitors import Visit, enter, require
from producers.projects import NotPermittedError
from schemas.record_document import DocumentError
from schemas.record_document import read as read_json
from schemas.record_names import check_project
from store import projects, record_views
from store.entrance import User
from store.record_rows import plain as plain_text

_PROSE = ("name", "description")
_METHODS = "GET, PUT, HEAD, OPTIONS"


async def get_project(request: web.Request, place: Place) -> web.StreamResponse:
    """Give a project with the URLs of its records, newest run first; those that are asked for."""
    search = read_search(request.query)
    return await give_project(request, place.project, search, tags_value(request.query))


async def give_project(
    request: web.Request, project: str, search: Search, tags: str | None
) -> web.StreamResponse:
    """Give a project with some of its records."""
    visit = await enter(request, project)
    chosen = choose("project", accept_of(request), format_of(request))
    if chosen is None:
        raise Refused(406)
    if chosen.html:
        return await show_project(request, visit, search)
    if chosen.ndjson:
        return await stream(request, chosen, partial(_lines, request, project, search))
    head = await _head(request, visit, tags)
    if search.expand:
        return await stream(request, chosen, partial(_expanded, request, head, project, search))
    labels = await request.app[THREADS].query(
        record_views.labels,
        request.app[PORTS].database,
        project,
        search,
        limit=search.limit,
        offset=search.offset,
    )
    urls = record_urls(base_for(request), project, labels)
    return document(chosen, to_json({**head, "records": urls}))


async def _head(request: web.Request, visit: Visit, tags: str | None) -> dict[str, object]:
    project = visit.project
    head: dict[str, object] = {
        "id": project.id,
        "name": project.name or project.id,
        "description": project.description,
        "tags": tags,
        "user": visit.name,
    }
    if visit.user is not None:
        query, database = request.app[THREADS].query, request.app[PORTS].database
        head["access"] = await query(projects.members, database, project.id)
    return head


async def _expanded(
    request: web.Request, head: Mapping[str, object], project: str, search: Search
) -> Pieces:
    yield to_json(head)[:-1] + b',"records":['
    between = b""
    async for stored in every(request, project, search):
        yield between
        between = b","
        async for piece in pieces(request, stored):
            yield piece
    yield b"]}"


async def _lines(request: web.Request, project: str, search: Search) -> AsyncIterator[bytes]:
    async for stored in every(request, project, search):
        async for piece in pieces(request, stored):
            yield piece
        yield b"\n"


async def put_project(request: web.Request, place: Place) -> web.StreamResponse:
    """Create a project (201), or replace what is given of it (200)."""
    user = await require(request)
    try:
        check_project(place.project)
    except ValueError as error:
        raise Refused(400, f"project: {error}") from error
    await _expect_no_stranger(request, place.project, user)
    said = await _said(request)
    created = await _put(request, place.project, user.name, said, anyway=user.superuser)
    return plain(201 if created else 200)


async def _expect_no_stranger(request: web.Request, project: str, user: User) -> None:
    """Refuse a stranger before the body is looked at; the change itself looks once more."""
    database = request.app[PORTS].database
    found = await request.app[THREADS].query(projects.standing, database, project, user.name)
    if found is not None and not Visit(user, found).member:
        raise forbidden()


async def post_project(request: web.Request, place: Place) -> web.StreamResponse:
    """Take a page's form with another name or description, or many records, one a line."""
    if request.content_type == LINES:
        return await import_records(request, await enter(request, place.project, writing=True))
    if request.content_type != FORM:
        raise not_allowed(_METHODS)
    check_origin(request)
    visit = await enter(request, place.project, writing=True)
    form = await read_form(request)
    said = {field: form[field].replace("\r\n", "\n") for field in _PROSE if field in form}
    await _put(request, place.project, visit.name, _checked(said), anyway=visit.member)
    return plain(303, "", {"Location": project_url(base_for(request), place.project)})


async def _put(
    request: web.Request, project: str, user: str, said: Mapping[str, str], *, anyway: bool
) -> bool:
    put = request.app[RECORDS].projects.put
    name, description = (said.get(field) for field in _PROSE)
    try:
        return await request.app[THREADS].query(
            put, project, user, name, description, anyway=anyway
        )
    except NotPermittedError as error:
        raise forbidden() from error


async def _said(request: web.Request) -> Mapping[str, str]:
    try:
        said = read_json(await read(request))
    except DocumentError as error:
        raise Refused(400, str(error)) from error
    return _checked({field: said[field] for field in _PROSE if field in said})


def _checked(said: Mapping[str, object]) -> Mapping[str, str]:
    checked: dict[str, str] = {}
    for field, text in said.items():
        if not isinstance(text, str):
            raise Refused(400, f"{field}: must be a text")
        if plain_text(text) != text:
            raise Refused(400, f"{field}: must not contain NUL, nor half of a character")
        checked[field] = text
    return checked
