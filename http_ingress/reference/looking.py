"""How a capability is now, as far as that can be found out at once."""

from aiohttp import web

from http_ingress.keys import PORTS, REFERENCE
from http_ingress.reference.health import Health, health_of
from schemas.capabilities import Capability


async def look_at(app: web.Application, capability: Capability) -> Health:
    """Return how a capability is. Never raises for what is merely down, and never takes long."""
    board = await app[REFERENCE].board.get()
    return health_of(capability, board, app[PORTS].clock())
