"""Native API, why: everything around an event, a file or a request."""

from collections import defaultdict
from dataclasses import replace

from aiohttp import web

from http_ingress import problems
from http_ingress.discretion import Eyes, eyes_of, troubles_for
from http_ingress.keys import BOARD, PORTS, THREADS
from http_ingress.negotiation import JSON
from http_ingress.parameters import path_text
from http_ingress.problems import Problem
from http_ingress.representations.why import WhyBody
from http_ingress.routes import Answer, Parameter, Route
from schemas.catalogue import CONFIDENTIAL
from store.waiting import Circumstances, explain, is_open
from store.why import Why, why


async def find_why(request: web.Request) -> Why:
    """Return what the path's `key` stands for, as far as it is for the client's eyes.

    Raises a Problem: unknown, or nothing that the client may see.
    """
    asked = path_text(request, "key")
    found = await look_up(request, asked, eyes_of(request))
    if found is None:
        raise Problem(
            problems.NOT_FOUND,
            f"No event, operation or file is known as {asked!r}.",
            field="key",
        )
    return found


async def look_up(request: web.Request, asked: str, eyes: Eyes) -> Why | None:
    """Return the tree around what was asked for, with what its events wait for.

    Without what is not for these eyes. None: nothing that they may see is known by that name.
    """
    ports = request.app[PORTS]
    found = await _visible(request, asked, eyes)
    listeners: dict[str, list[str]] = defaultdict(list)
    for one in ports.listeners:
        if one.listens_to is not None:
            listeners[one.listens_to].append(one.name)
    if found is None or not is_open(found, listeners):
        return found
    board = await request.app[BOARD].get()
    queues = None if board.queues is None else {one.name: one for one in board.queues}
    troubles = await troubles_for(request, board.dependencies)
    around = Circumstances(ports.clock(), listeners, board.workers, queues, troubles.get("bus"))
    return explain(found, around)


async def _visible(request: web.Request, asked: str, eyes: Eyes) -> Why | None:
    # What they may not see must not stand in the way of a file that is called the same.
    for without in (frozenset(), CONFIDENTIAL):
        found = await request.app[THREADS].query(why, request.app[PORTS].database, asked, without)
        if found is None:
            return None
        seen = await eyes.seen([step.event for step in found.steps])
        keys = {one.envelope.key for one in seen}
        if found.focus in keys:
            steps = [step for step in found.steps if step.event.envelope.key in keys]
            return replace(found, steps=steps)
    return None


async def get_why(request: web.Request) -> web.Response:
    """Show the causal tree: what began it, what followed, who handled it, what still waits.

    Asked for by the key or id of an event, an operation, a file id or a file name.
    """
    body = WhyBody.of(await find_why(request))
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON})


ROUTES = (
    Route(
        method="GET",
        path="/events/{key}/why",
        handler=get_why,
        access="read",
        tag="events",
        parameters=(
            Parameter("key", "path", "Key or id of an event, an operation, file id or file name."),
        ),
        answers={200: Answer("The tree, each event behind its cause.", {JSON: WhyBody})},
        problems=(problems.NOT_FOUND,),
    ),
)
