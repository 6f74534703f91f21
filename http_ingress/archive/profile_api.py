"""`/profile/`: who somebody is."""

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive.answers import answer
from http_ingress.archive.places import Call
from http_ingress.archive.visitors import Visitor
from http_ingress.keys import PORTS, THREADS
from store.frames.aggregates import everything


async def get_profile(request: web.Request, call: Call) -> web.StreamResponse:
    """Say who asks, and of which proposals a member; superusers are of all that there are."""
    visitor = call.visitor
    profile: dict[str, JsonValue] = {}
    if visitor.user is not None:
        profile = {"proposals": [*await _proposals(request, visitor)]}
    said = {"username": visitor.name or "", "profile": profile, "is_staff": visitor.staff}
    return answer(said, headers={"Cache-Control": "private, no-cache"})


async def _proposals(request: web.Request, visitor: Visitor) -> list[str]:
    if not visitor.superuser:
        return sorted(visitor.proposals)
    ports = request.app[PORTS]
    sight = visitor.sight(ports.clock())
    found = await request.app[THREADS].query(everything, ports.database, sight)
    return found["proposal_id"]
