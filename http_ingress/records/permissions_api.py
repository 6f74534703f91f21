"""Who may work on a project: seen by its members, granted and revoked by them."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress.asking import FORM
from http_ingress.base_urls import base_for
from http_ingress.forgery import check_origin
from http_ingress.keys import PORTS, RECORDS, THREADS
from http_ingress.records.addresses import Place, permissions_url, project_url
from http_ingress.records.answers import Refused, document, forbidden, nothing, plain, unauthorised
from http_ingress.records.html.pages import permissions_page
from http_ingress.records.negotiating import choose
from http_ingress.records.receiving import read, read_form
from http_ingress.records.requests import accept_of, format_of
from http_ingress.records.visitors import Visit, enter
from producers.projects import LastMemberError
from schemas.record_document import DocumentError
from schemas.record_document import read as read_json
from store import projects
from store.user_names import user_name


async def get_permissions(request: web.Request, place: Place) -> web.StreamResponse:
    """Say who has access; to members only."""
    visit = await enter(request, place.project)
    if not visit.member:
        raise unauthorised() if visit.user is None else forbidden()
    chosen = choose("permissions", accept_of(request), format_of(request))
    if chosen is None:
        raise Refused(406)
    members = await _members(request, place.project)
    if chosen.html:
        # A browser takes the form's `.` for the folder of the address, which needs its slash.
        slash = request.raw_path.partition("?")[0].endswith("/")
        return permissions_page(visit.project, members, "." if slash else "permissions/")
    project = visit.project
    body = {"id": project.id, "name": project.name or project.id, "access": members}
    return document(chosen, to_json(body))


async def post_permission(request: web.Request, place: Place) -> web.StreamResponse:
    """Grant access to a user, by a form (302) or as JSON (200); by the form, revoke it, too."""
    check_origin(request)
    visit = await enter(request, place.project, writing=True)
    if request.content_type != FORM:
        await _grant(request, visit, _from_json(await read(request)))
        return plain(200)
    form = await read_form(request)
    if form.get("revoke"):
        await _revoke(request, visit, form["revoke"])
        return plain(303, "", {"Location": permissions_url(base_for(request), place.project)})
    await _grant(request, visit, form.get("user"))
    return plain(302, "", {"Location": project_url(base_for(request), place.project)})


async def delete_permission(request: web.Request, place: Place) -> web.StreamResponse:
    """Take a user's access away, but not the last member's."""
    check_origin(request)
    visit = await enter(request, place.project, writing=True)
    if not await _revoke(request, visit, place.user):
        raise nothing()
    return plain(204)


async def _members(request: web.Request, project: str) -> list[str]:
    database = request.app[PORTS].database
    return await request.app[THREADS].query(projects.members, database, project)


async def _grant(request: web.Request, visit: Visit, user: object) -> None:
    ports, query = request.app[PORTS], request.app[THREADS].query
    # As it is kept: the same name may be written in several ways.
    member = user_name(user) if isinstance(user, str) else None
    if member is None or not await query(ports.accounts.exists, member):
        raise Refused(400, "user: must be the name of a user, or anonymous")
    await query(request.app[RECORDS].projects.grant, visit.project.id, visit.name, member)


async def _revoke(request: web.Request, visit: Visit, member: str) -> bool:
    revoke = request.app[RECORDS].projects.revoke
    try:
        return await request.app[THREADS].query(revoke, visit.project.id, visit.name, member)
    except LastMemberError as error:
        raise Refused(409, f"{error}; grant it to somebody else first") from error


def _from_json(body: bytes) -> object:
    try:
        return read_json(body).get("user")
    except DocumentError as error:
        raise Refused(400, f"user: {error}") from error
