"""Native API, operations: what became of a request."""

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS
from http_ingress.negotiation import JSON, wait_seconds
from http_ingress.parameters import path_text
from http_ingress.problems import Problem
from http_ingress.representations.operations import OperationBody
from http_ingress.routes import PREFER, Answer, Parameter, Route
from http_ingress.waiting import wait_for


async def get_operation(request: web.Request) -> web.Response:
    """Say what became of a request; with `Prefer: wait=N`, once it has ended or time is up."""
    key = path_text(request, "id")
    longest = request.app[PORTS].limits.longest_wait_seconds
    seconds = wait_seconds(request.headers.get("Prefer"), longest)
    operation = await wait_for(request, key, seconds or 0)
    if operation is None:
        raise Problem(
            problems.NOT_FOUND, f"There is no operation {key!r}; requests have one.", field="id"
        )
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds:g}"
    return web.Response(body=OperationBody.of(operation).json_bytes(), headers=headers)


ROUTES = (
    Route(
        method="GET",
        path="/operations/{id}",
        handler=get_operation,
        access="read",
        tag="events",
        parameters=(Parameter("id", "path", "Id of the operation."), PREFER),
        answers={200: Answer("The operation.", {JSON: OperationBody})},
        problems=(problems.NOT_FOUND,),
    ),
)
