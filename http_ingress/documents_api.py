"""What describes the interfaces: OpenAPI, AsyncAPI, JSON Schemas and problems."""

from aiohttp import web
from pydantic_core import to_json

from http_ingress import problems
from http_ingress.asyncapi import asyncapi
from http_ingress.keys import PORTS
from http_ingress.negotiation import HTML, JSON, wants_html
from http_ingress.openapi import openapi
from http_ingress.pages import documentation_page, kinds_page
from http_ingress.parameters import path_text
from http_ingress.problems import KINDS, Problem
from http_ingress.routes import SHOWN, Answer, Parameter, Route
from schemas.catalogue import EVENTS, POSTABLE, json_schema

_OBJECT = {"type": "object"}


def _json(document: object) -> web.Response:
    return web.Response(body=to_json(document, indent=2), headers={"Content-Type": JSON})


async def get_openapi(request: web.Request) -> web.Response:
    """Describe this API (OpenAPI 3.1)."""
    return _json(openapi(request.app[SHOWN], request.app[PORTS].public_url))


async def get_asyncapi(request: web.Request) -> web.Response:
    """Describe the events and where they go (AsyncAPI 3.0)."""
    return _json(asyncapi(request.app[PORTS].listeners))


async def get_schemas(request: web.Request) -> web.Response:
    """List the types of events."""
    del request
    return _json(
        {
            "types": [
                {
                    "type": name,
                    "postable": name in POSTABLE,
                    "summary": (cls.__doc__ or "").partition("\n")[0],
                    "href": f"/schemas/{name}",
                }
                for name, cls in sorted(EVENTS.items())
            ]
        }
    )


async def get_schema(request: web.Request) -> web.Response:
    """Give the JSON Schema of the data of one type of event."""
    name = path_text(request, "type")
    if name not in EVENTS:
        known = ", ".join(sorted(EVENTS))
        raise Problem(
            problems.NOT_FOUND, f"There is no type {name!r}; known are {known}.", field="type"
        )
    return web.Response(
        body=to_json(json_schema(name), indent=2),
        headers={"Content-Type": "application/schema+json"},
    )


async def show_documentation(request: web.Request) -> web.Response:
    """Show this API to people."""
    return documentation_page(openapi(request.app[SHOWN], request.app[PORTS].public_url))


async def show_problems(request: web.Request) -> web.Response:
    """Explain every kind of problem."""
    if wants_html(request.headers.get("Accept")):
        return kinds_page(list(KINDS.values()))
    return _json({"problems": [_kind(slug) for slug in KINDS]})


async def show_problem(request: web.Request) -> web.Response:
    """Explain one kind of problem."""
    slug = path_text(request, "slug")
    if slug not in KINDS:
        raise Problem(
            problems.NOT_FOUND, f"There is no kind {slug!r}; see /problems.", field="slug"
        )
    if wants_html(request.headers.get("Accept")):
        return kinds_page([KINDS[slug]])
    return _json(_kind(slug))


def _kind(slug: str) -> dict[str, object]:
    kind = KINDS[slug]
    return {
        "type": f"/problems/{slug}",
        "status": kind.status,
        "title": kind.title,
        "advice": kind.advice,
    }


ROUTES = (
    Route(
        method="GET",
        path="/openapi.json",
        handler=get_openapi,
        access="open",
        tag="documents",
        answers={200: Answer("This document.", {JSON: _OBJECT})},
    ),
    Route(
        method="GET",
        path="/asyncapi.json",
        handler=get_asyncapi,
        access="open",
        tag="documents",
        answers={200: Answer("The AsyncAPI document.", {JSON: _OBJECT})},
    ),
    Route(
        method="GET",
        path="/schemas/",
        handler=get_schemas,
        access="open",
        tag="documents",
        answers={200: Answer("The types.", {JSON: _OBJECT})},
    ),
    Route(
        method="GET",
        path="/schemas/{type}",
        handler=get_schema,
        access="open",
        tag="documents",
        parameters=(Parameter("type", "path", "A type of event."),),
        answers={200: Answer("The schema.", {"application/schema+json": _OBJECT})},
        problems=(problems.NOT_FOUND,),
    ),
    Route(
        method="GET",
        path="/docs",
        handler=show_documentation,
        access="open",
        tag="pages",
        answers={200: Answer("The reference.", {HTML: None})},
    ),
    Route(
        method="GET",
        path="/problems",
        handler=show_problems,
        access="open",
        tag="documents",
        answers={200: Answer("The kinds of problems.", {JSON: _OBJECT, HTML: None})},
    ),
    Route(
        method="GET",
        path="/problems/{slug}",
        handler=show_problem,
        access="open",
        tag="documents",
        parameters=(Parameter("slug", "path", "The end of a problem's type."),),
        answers={200: Answer("The kind of problem.", {JSON: _OBJECT, HTML: None})},
        problems=(problems.NOT_FOUND,),
    ),
)
