"""The list of projects."""

from collections.abc import Sequence
from datetime import UTC, datetime

from aiohttp import web
from pydantic_core import to_json

from http_ingress.base_urls import base_for
from http_ingress.keys import PORTS, THREADS
from http_ingress.records.addresses import Place, project_url
from http_ingress.records.answers import Refused, document, unauthorised
from http_ingress.records.html import pages
from http_ingress.records.negotiating import asks_for_list, choose
from http_ingress.records.requests import accept_of, format_of
from http_ingress.records.visitors import identify
from store.record_views import Listed, projects_of
from store.user_names import ANONYMOUS

_NEVER = "1970-01-01T00:00:00Z"


async def get_projects(request: web.Request, _: Place) -> web.StreamResponse:
    """List the projects that the caller may read, those with the newest run first.

    Sumatra's client sends no credentials unless it is asked for them, and would take the public
    projects for all there are; so it is asked.
    """
    user = await identify(request)
    accept = accept_of(request)
    if user is None and (asks_for_list(accept) or request.query.get("sign_in")):
        raise unauthorised()
    chosen = choose("project-list", accept, format_of(request))
    if chosen is None:
        raise Refused(406)
    whose = [ANONYMOUS] if user is None else [user.name, ANONYMOUS]
    everything = user is not None and user.superuser
    listed = await request.app[THREADS].query(
        projects_of, request.app[PORTS].database, None if everything else whose
    )
    if chosen.html:
        return pages.projects_page(listed, None if user is None else user.name, base_for(request))
    return document(chosen, _json(base_for(request), listed))


def _written(moment: datetime) -> str:
    # Not by strftime, which forgets the zeros of early years.
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _json(base: str, listed: Sequence[Listed]) -> bytes:
    return to_json(
        [
            {
                "id": one.project.id,
                "name": one.project.name or one.project.id,
                "description": one.project.description,
                "uri": project_url(base, one.project.id),
                "last_updated": (
                    _NEVER if one.last_updated is None else _written(one.last_updated)
                ),
            }
            for one in listed
        ]
    )
