"""The OpenAPI 3.1 document, made from the table of routes and the models of the bodies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from http_ingress import problems
from http_ingress.problems import MEDIA_TYPE, Kind
from http_ingress.representations.problems import ProblemBody
from http_ingress.routes import Access, Answer, Parameter, Route, Shape

_MODELS = "#/components/schemas/{model}"
_TAGS = {
    "events": "Post requests, read the ledger, follow it live, and see why things happened.",
    "files": "Upload files and read them.",
    "packages": "Zips of datasets: what was built, and what is under way.",
    "parked": "What waits for a person's decision, and the decisions.",
    "schedules": "Requests that are accepted at a time, once or again and again.",
    "statistics": "What has happened, counted.",
    "operation": "What monitoring asks for.",
    "documents": "What describes the interfaces.",
    "pages": "What people look at.",
}
_CREDENTIALS: Sequence[Mapping[str, Sequence[str]]] = ({"token": ()}, {"password": ()})
_SECURITY: Mapping[Access, Sequence[Mapping[str, Sequence[str]]]] = {
    "open": (),
    "read": ({}, *_CREDENTIALS),
    "write": _CREDENTIALS,
    "administer": _CREDENTIALS,
}


def openapi(routes: Sequence[Route], public_url: str) -> dict[str, Any]:
    """Return the document that describes the routes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Muniment",
            "version": "1",
            "description": "An event bus for research data archives. Whatever is answered with a "
            "2xx is durable; whatever is sent twice is done once.",
        },
        "servers": [{"url": public_url}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "In place of the password, one of the user's tokens.",
                },
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    summary, _, rest = cleandoc(route.handler.__doc__ or "").partition("\n")
    words = [rest.strip().replace("\n", " ")]
    if route.access == "administer":
        words.append("Only for operators and superusers.")
    described = {
        "operationId": f"{route.handler.__name__}",
        "tags": [route.tag],
        "summary": summary,
        "description": " ".join(filter(None, words)),
        "security": list(_SECURITY[route.access]),
        "parameters": [_parameter(one) for one in route.parameters],
        "responses": dict(_responses(route)),
    }
    if route.body:
        described["requestBody"] = {"required": True, "content": _content(route.body)}
    return described


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.where,
        "required": one.where == "path",
        "description": one.description,
        "schema": dict(one.schema),
    }


def _responses(route: Route) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, answer in sorted(route.answers.items()):
        yield str(status), _answer(answer)
    kinds = {*route.problems, *_usual(route)}
    for status in sorted({kind.status for kind in kinds} - set(route.answers)):
        titles = sorted(kind.title for kind in kinds if kind.status == status)
        content: dict[str, Shape] = {MEDIA_TYPE: ProblemBody}
        yield str(status), {"description": "; ".join(titles) + ".", "content": _content(content)}


def _usual(route: Route) -> Iterator[Kind]:
    """Yield the problems that need no mention in the table."""
    yield problems.INTERNAL
    if route.access != "open":
        yield from (problems.UNAUTHENTICATED, problems.FORBIDDEN, problems.UNAVAILABLE)
    if route.access in {"write", "administer"}:
        yield from (problems.TIMEOUT, problems.BUSY)
    if route.parameters or route.body:
        yield problems.MALFORMED


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.content:
        described["content"] = _content(answer.content)
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    return described


def _content(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    return {media_type: _media(shape) for media_type, shape in shapes.items()}


def _media(shape: Shape) -> dict[str, Any]:
    if shape is None:
        return {}
    if isinstance(shape, type):
        return {"schema": {"$ref": _MODELS.format(model=shape.__name__)}}
    return {"schema": dict(shape)}


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    shapes = [
        ProblemBody,
        *(s for r in routes for a in r.answers.values() for s in a.content.values()),
    ]
    asked = [shape for route in routes for shape in route.body.values()]
    _, document = models_json_schema(
        [
            *((model, "serialization") for model in _models(shapes)),
            *((model, "validation") for model in _models(asked)),
        ],
        ref_template=_MODELS,
    )
    return dict(document["$defs"])


def _models(shapes: Sequence[Shape]) -> list[type[BaseModel]]:
    found = {shape for shape in shapes if isinstance(shape, type)}
    return sorted(found, key=lambda model: model.__name__)


def template_parameters(path: str) -> list[str]:
    """Return the names that stand in braces in a path."""
    return re.findall(r"{([^}]+)}", path)
