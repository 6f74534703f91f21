"""All records with a tag: seen together, deleted together."""

from aiohttp import web

from http_ingress.awaiting import Asked, stamped
from http_ingress.keys import PORTS, THREADS
from http_ingress.records.addresses import Place
from http_ingress.records.answers import plain
from http_ingress.records.asking import ask, outcome
from http_ingress.records.project_api import give_project
from http_ingress.records.searching import Search
from http_ingress.records.visitors import enter
from schemas.records import RecordDeleted, RecordDeletionRequested
from store.views import count_caused


async def get_tagged(request: web.Request, place: Place) -> web.StreamResponse:
    """Give the project with those of its records that have exactly this tag."""
    return await give_project(request, place.project, Search(tags=(place.tag,)), place.tag)


async def delete_tagged(request: web.Request, place: Place) -> web.StreamResponse:
    """Delete those records, and say how many they were: Sumatra's client reads a number."""
    visit = await enter(request, place.project, writing=True)
    event = RecordDeletionRequested(project=place.project, user=visit.name, tag=place.tag)
    envelope = stamped(request, event)
    (operation,) = await ask(request, visit.name, [Asked(envelope)])
    if outcome(operation) is None:
        return plain(200, "0")
    count = await request.app[THREADS].query(
        count_caused, request.app[PORTS].database, envelope.key, RecordDeleted.TYPE
    )
    return plain(200, str(count))
