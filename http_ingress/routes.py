"""One table of routes: what the application mounts is what /openapi.json describes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from http_ingress import problems
from http_ingress.forgery import check_origin
from http_ingress.keys import GATE, PORTS, USER
from http_ingress.parameters import DEFAULT, MOST
from http_ingress.problems import Kind, Problem
from store.errors import UnavailableError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Access = Literal["open", "read", "write", "administer"]
"""`open`: anybody; `read`: anybody where reads are public, but nobody with wrong credentials;
`write`: somebody we know; `administer`: an operator or a superuser, and not by way of another
site's page."""
Shape = type[BaseModel] | Mapping[str, Any] | None
"""A model or a JSON Schema; None: what the media type says, and no more."""

TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer", "minimum": 0}
BYTES: Mapping[str, Any] = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a route."""

    name: str
    where: Literal["path", "query", "header"]
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: TEXT)


KEYED = Parameter("key", "path", "Key of an event.")
LIMIT = Parameter(
    "limit",
    "query",
    f"How many at most; {DEFAULT} when not given.",
    {"type": "integer", "minimum": 1, "maximum": MOST},
)
PREFER = Parameter(
    "Prefer", "header", "`wait=N`: answer when it has ended, N seconds from now at the latest."
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Names this request: sent again with the same key it is accepted once.",
)
SELECTION = (
    Parameter("type", "query", "Topic pattern of the routing key, e.g. `file.*.v1` or `#`."),
    Parameter("subject", "query", "What the events are about."),
    Parameter("correlation", "query", "Key of the first event of a tree."),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that is not a problem."""

    description: str
    content: Mapping[str, Shape] = field(default_factory=dict)
    """By media type."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What each header says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One thing that can be done; the handler's docstring describes it."""

    method: str
    path: str
    """As OpenAPI writes it."""
    handler: Handler
    access: Access
    tag: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Shape] = field(default_factory=dict)
    """By media type."""
    problems: tuple[Kind, ...] = ()
    """Those of its own; those that every route has are added."""
    pattern: str = ""
    """The path as aiohttp matches it, where that differs."""
    endless: bool = False
    """The answer goes on for as long as the client listens."""

    @property
    def heads(self) -> bool:
        """Whether HEAD is answered too."""
        return self.method == "GET" and not self.endless


SHOWN: web.AppKey[Sequence[Route]] = web.AppKey("routes")
"""The routes that /openapi.json describes."""


def mount(application: web.Application, routes: Sequence[Route]) -> None:
    """Have the application answer the routes, each to whom may ask."""
    application[SHOWN] = routes
    guards = {"open": _open, "read": _reading, "write": _writing, "administer": _administering}
    for route in routes:
        resource = application.router.add_resource(route.pattern or route.path)
        handler = guards[route.access](route.handler)
        for method in ("GET", "HEAD") if route.heads else (route.method,):
            resource.add_route(method, handler, expect_handler=_continue_later)


def _open(handler: Handler) -> Handler:
    return handler


def _reading(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        public = request.app[PORTS].public_reads
        if "Authorization" in request.headers or not public:
            try:
                request[USER] = await request.app[GATE].admit(request)
            except UnavailableError:
                # Nobody can be known now; the status page and the metrics are wanted all the more.
                if not public:
                    raise
        return await handler(request)

    return guarded


def _writing(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        request[USER] = await request.app[GATE].admit(request)
        return await handler(request)

    return guarded


def _administering(handler: Handler) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        check_origin(request)
        user = request[USER] = await request.app[GATE].admit(request)
        if not user.may_administer:
            raise Problem(problems.FORBIDDEN, f"The user {user.name!r} may not administer.")
        return await handler(request)

    return guarded


async def _continue_later(_: web.Request) -> None:
    """Promise nothing yet: the handler says `100 Continue` once it wants the body."""
