"""Native API, operations: what became of a request, now or live."""

from aiohttp import web

from http_ingress import problems
from http_ingress.discretion import Eyes, eyes_of
from http_ingress.following import stream_operation
from http_ingress.keys import PORTS
from http_ingress.negotiation import JSON, wait_seconds, wants_stream
from http_ingress.parameters import check_query, path_text, query_text
from http_ingress.problems import Problem
from http_ingress.representations.operation_now import OperationNowBody
from http_ingress.routes import PREFER, TEXT, Answer, Parameter, Route
from http_ingress.waiting import wait_for
from http_ingress.why_api import look_up
from store.operations import Operation


async def get_operation(request: web.Request) -> web.StreamResponse:
    """Say what became of a request; with `Prefer: wait=N`, once it has ended or time is up.

    What has not ended says in `waiting_for` where it is and what it waits for. Who accepts
    `text/event-stream` is sent an event `operation` with each change of state or progress, until it
    has ended.
    """
    check_query(request, ("tree",))
    key, eyes = path_text(request, "id"), eyes_of(request)
    if wants_stream(request.headers.get("Accept")):
        return await stream_operation(request, eyes, await _wait(request, key, 0, eyes))
    longest = request.app[PORTS].limits.longest_wait_seconds
    seconds = wait_seconds(request.headers.get("Prefer"), longest)
    operation = await _wait(request, key, seconds or 0, eyes)
    tree = query_text(request, "tree") == "true"
    around = await look_up(request, key, eyes) if tree or not operation.ended else None
    body = OperationNowBody.now(operation, around, request.app[PORTS].clock(), tree=tree)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds:g}"
    return web.Response(body=body.json_bytes(), headers=headers)


async def _wait(request: web.Request, key: str, seconds: float, eyes: Eyes) -> Operation:
    operation = await _look(request, key, 0, eyes)
    # What may not be seen is not waited for: it is not found as quickly as what is not there.
    if seconds > 0 and not operation.ended:
        operation = await _look(request, key, seconds, eyes)
    return operation


async def _look(request: web.Request, key: str, seconds: float, eyes: Eyes) -> Operation:
    operation = await wait_for(request, key, seconds)
    if operation is None or not await eyes.see(*operation.projects):
        raise Problem(
            problems.NOT_FOUND, f"There is no operation {key!r}; requests have one.", field="id"
        )
    return operation


ROUTES = (
    Route(
        method="GET",
        path="/operations/{id}",
        handler=get_operation,
        access="read",
        tag="events",
        parameters=(
            Parameter("id", "path", "Id of the operation."),
            Parameter("tree", "query", "`true`: with everything that led to it and followed."),
            PREFER,
        ),
        answers={
            200: Answer("The operation.", {JSON: OperationNowBody, "text/event-stream": TEXT})
        },
        problems=(problems.NOT_FOUND, problems.BUSY),
    ),
)
