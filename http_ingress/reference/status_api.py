"""`status`: how a capability is, in words; what `stats` says with its status alone."""

from aiohttp import web

from http_ingress.reference.answers import answer
from http_ingress.reference.looking import look_at
from http_ingress.reference.pages import page
from http_ingress.reference.places import Call
from schemas.capabilities import Capability
from schemas.component_descriptions import write_moment


async def get_status(request: web.Request, call: Call) -> web.StreamResponse:
    """Tell how the capability is, and when that was looked at."""
    health = await look_at(request.app, _capability(call))
    looked_at = "Never" if health.at is None else write_moment(health.at)
    if call.form == "html":
        return page("status", component=call.component, health=health, looked_at=looked_at)
    words = {name: part.words for name, part in health.parts.items()}
    return answer({"lastStatusUpdate": looked_at, **words})


def _capability(call: Call) -> Capability:
    capability = call.component.capability
    if capability is None:
        raise RuntimeError(f"{call.component.name} is no capability")
    return capability
