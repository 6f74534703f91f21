"""The status page, its JSON twin, and what probes and scrapers ask for."""

from dataclasses import asdict, replace

from aiohttp import web

from http_ingress.board import LATEST, Board
from http_ingress.discretion import eyes_of, troubles_for
from http_ingress.keys import BOARD, PORTS, THREADS
from http_ingress.negotiation import HTML, JSON
from http_ingress.pages import status_page
from http_ingress.parameters import check_query, query_text
from http_ingress.representations.status import PausedBody, ReadinessBody, StatusBody
from http_ingress.routes import TEXT, Answer, Parameter, Route
from schemas.catalogue import EVENTS
from store.errors import UnavailableError

METRICS = "text/plain; version=0.0.4; charset=utf-8"
_NO_STORE = {"Cache-Control": "no-store"}


async def show_status(request: web.Request) -> web.Response:
    """Show what the installation is doing."""
    board = await _shown(request)
    return status_page(board, request.app[PORTS].public_url, sorted(EVENTS))


async def get_status(request: web.Request) -> web.Response:
    """Say what the installation is doing: every number that the status page shows."""
    body = StatusBody.of(await _shown(request))
    return web.Response(body=body.json_bytes(), headers={"Content-Type": JSON, **_NO_STORE})


async def _shown(request: web.Request) -> Board:
    """Return the board with those of the events, the work and the words that the client may see."""
    board = await request.app[BOARD].get()
    board = replace(board, dependencies=await troubles_for(request, board.dependencies))
    if board.latest is None or board.working is None:
        return replace(board, latest=None, working=None)
    eyes = eyes_of(request)
    try:
        seen = (await eyes.seen(board.latest))[:LATEST]
        events = [one.event for one in board.working]
        shown = {one.envelope.key for one in await eyes.seen(events)}
    except UnavailableError:
        return replace(board, latest=None, working=None)
    working = [one for one in board.working if one.event.envelope.key in shown]
    return replace(board, latest=seen, working=working)


async def get_health(request: web.Request) -> web.Response:
    """Say that the process answers; nothing else is looked at."""
    del request
    return web.Response(text='{"status":"alive"}', headers={"Content-Type": JSON, **_NO_STORE})


async def get_readiness(request: web.Request) -> web.Response:
    """Say whether everything is there that requests depend on, and name what is not.

    Consumers of this process that are paused are named with what they wait for; that alone makes
    nothing unready. `/status` tells of the consumers of all processes.
    With `canary=true` a probe goes through the whole bus, and must be answered within seconds.
    Why something is down is told with an operator's credentials; the log has it, too.
    """
    check_query(request, ("canary",))
    board = await request.app[BOARD].get()
    dependencies = dict(board.dependencies)
    if query_text(request, "canary") == "true":
        dependencies["canary"] = await request.app[THREADS].query(request.app[PORTS].canary)
    ready = not any(dependencies.values())
    dependencies = dict(await troubles_for(request, dependencies))
    paused = {name: PausedBody(**asdict(one)) for name, one in board.paused.items()}
    body = ReadinessBody(ready=ready, dependencies=dependencies, paused=paused)
    return web.Response(
        status=200 if ready else 503,
        body=body.json_bytes(),
        headers={
            "Content-Type": JSON,
            **_NO_STORE,
            **({} if ready else {"Retry-After": "5"}),
        },
    )


async def get_metrics(request: web.Request) -> web.Response:
    """Give the metrics of this process to Prometheus."""
    body = await request.app[THREADS].query(request.app[PORTS].render_metrics)
    return web.Response(body=body, headers={"Content-Type": METRICS})


ROUTES = (
    Route(
        method="GET",
        path="/",
        handler=show_status,
        access="read",
        tag="pages",
        answers={200: Answer("The status page.", {HTML: None})},
    ),
    Route(
        method="GET",
        path="/status",
        handler=get_status,
        access="read",
        tag="operation",
        answers={200: Answer("The status.", {JSON: StatusBody})},
    ),
    Route(
        method="GET",
        path="/healthz",
        handler=get_health,
        access="open",
        tag="operation",
        answers={200: Answer("The process answers.", {JSON: {"type": "object"}})},
    ),
    Route(
        method="GET",
        path="/readyz",
        handler=get_readiness,
        access="open",
        tag="operation",
        parameters=(Parameter("canary", "query", "`true`: send a probe through the bus, too."),),
        answers={
            200: Answer("Everything is there.", {JSON: ReadinessBody}),
            503: Answer("Something is down.", {JSON: ReadinessBody}),
        },
    ),
    Route(
        method="GET",
        path="/metrics",
        handler=get_metrics,
        access="read",
        tag="operation",
        answers={200: Answer("Prometheus' text format.", {"text/plain": TEXT})},
    ),
)
