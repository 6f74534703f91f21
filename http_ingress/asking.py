"""What a request's body asks for, as JSON or from a page's form: read strictly, into a model."""

from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, from_json

from http_ingress import problems
from http_ingress.bodies import read_body
from http_ingress.forgery import FIELD, check_token
from http_ingress.problems import Problem
from schemas.types import has_control_characters

FORM = "application/x-www-form-urlencoded"
LARGEST = 512 * 1024
"""Bytes of such a body."""
_MOST_FIELDS = 50


class Asked(BaseModel):
    """Base of every request body that is a model; what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def _prose(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if any(has_control_characters(line) for line in text.replace("\t", " ").split("\n")):
        raise ValueError("must not contain control characters")
    return text


Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_prose),
]
"""A few words of a person's, on one or several lines."""

M = TypeVar("M", bound=Asked)


def is_form(request: web.Request) -> bool:
    """Whether a page's form was sent."""
    return request.content_type == FORM


async def read_asked(request: web.Request, model: type[M]) -> M:
    """Return what is asked for; no body stands for an empty object.

    Raises a Problem: not readable (400), not JSON and no form (415), not valid (422), and 403
    for a form that is not from a page of ours.
    """
    return judged(model, await read_said(request))


async def read_said(request: web.Request) -> Any:  # noqa: ANN401 - JSON is what it is
    """Return what the body says, not yet judged. Raises a Problem: 400, 403 or 415."""
    body = await read_body(request, LARGEST) if request.can_read_body else b""
    if is_form(request):
        return _fields(request, body)
    declared = request.headers.get("Content-Type")
    if (body or declared) and request.content_type != "application/json":
        raise Problem(
            problems.UNSUPPORTED,
            f"{(declared or 'An unnamed content type')[:80]!r} is not understood here; "
            "send application/json.",
            field="Content-Type",
        )
    return read_json(body or b"{}", "body", problems.MALFORMED)


def read_json(text: bytes, field: str, kind: problems.Kind = problems.INVALID) -> Any:  # noqa: ANN401
    """Return parsed JSON. Raises a Problem that names the field."""
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(kind, f"{field} is not JSON: {error}.", field=field) from error


def judged(model: type[M], value: object) -> M:
    """Return the model of what was asked. Raises a Problem that names every wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [
            {"field": ".".join(map(str, one["loc"])) or "body", "message": _message(one)}
            for one in found
        ]
        raise Problem(
            problems.INVALID,
            "; ".join(f"{one['field']}: {one['message']}" for one in faults),
            field=faults[0]["field"],
            errors=faults,
        ) from error


def _message(error: ErrorDetails) -> str:
    if error["type"] == "model_type":
        return "must be a JSON object"
    return error["msg"].removeprefix("Value error, ")


def _fields(request: web.Request, body: bytes) -> dict[str, Any]:
    """Return what a form says; dots in names make objects, and what is empty is not said."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Problem(problems.MALFORMED, "The form cannot be read.", field="body") from error
    said = dict(pairs)
    check_token(request, said)
    said.pop(FIELD)
    found: dict[str, Any] = {}
    for name, value in said.items():
        if not value:
            continue
        outer, dot, inner = name.partition(".")
        if dot:
            group = found.setdefault(outer, {})
            if not isinstance(group, dict):
                raise Problem(problems.MALFORMED, f"{outer} is given twice.", field=outer[:64])
            group[inner] = value
        else:
            found[name] = value
    return found
