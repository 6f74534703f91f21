"""`start` and `stop`: whether the demonstration platform polls."""

from aiohttp import web

from http_ingress.keys import COMPONENTS, THREADS
from http_ingress.reference.answers import answer
from http_ingress.reference.places import Call


async def start(request: web.Request, call: Call) -> web.StreamResponse:
    """Begin to poll."""
    await request.app[THREADS].query(request.app[COMPONENTS].start, call.who)
    return answer({"running": True})


async def stop(request: web.Request, call: Call) -> web.StreamResponse:
    """Poll no more."""
    await request.app[THREADS].query(request.app[COMPONENTS].stop, call.who)
    return answer({"running": False})
