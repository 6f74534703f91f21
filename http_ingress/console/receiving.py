"""Forms that are sent to the console: read strictly, and whole."""

import re
from urllib.parse import parse_qsl

from aiohttp import web

from http_ingress import problems, spooling
from http_ingress.asking import FORM
from http_ingress.bodies import read_body
from http_ingress.console.places import Fields, Wrong
from http_ingress.problems import Problem

LARGEST = 256 * 1024
"""Bytes of a form."""
LONGEST = 20_000
"""Characters of a field."""
_MOST_FIELDS = 50
_FARTHEST = 4 * 1024**2
"""Bytes that are let pass by before the connection is closed."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""All but tabs and line breaks."""
_BREAKS = re.compile("[\t\r\n]")


async def read_form(request: web.Request) -> Fields:
    """Return a form's fields. Raises a Problem: no form, too large, unreadable."""
    if request.content_type != FORM and request.can_read_body:
        raise Problem(
            problems.UNSUPPORTED, f"Only forms are read here: {FORM}.", field="Content-Type"
        )
    body = await read_body(request, LARGEST) if request.can_read_body else b""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Problem(
            problems.MALFORMED,
            f"The form cannot be read: it is no UTF-8, or has more than {_MOST_FIELDS} fields.",
            field="body",
        ) from error
    return dict(pairs)


def check_texts(fields: Fields) -> None:
    """Refuse texts that nobody types. Raises Wrong."""
    troubles = {name: _trouble(value) for name, value in fields.items()}
    wrong = {name: text for name, text in troubles.items() if text}
    if wrong:
        raise Wrong(wrong)


def line(fields: Fields, name: str, most: int = LONGEST, *, needed: bool = True) -> str:
    """Return what was typed into one line, without blanks around it. Raises Wrong."""
    text = fields.get(name, "").strip()
    if needed and not text:
        raise Wrong({name: "This is needed."})
    if len(text) > most:
        raise Wrong({name: f"At most {most} characters are taken; these are {len(text)}."})
    if _BREAKS.search(text):
        raise Wrong({name: "This has to be one line."})
    return text


async def drain(request: web.Request) -> None:
    """Let the rest of the body pass by, as far as is reasonable."""
    await spooling.drain(request, _FARTHEST)


def _trouble(value: str) -> str:
    if len(value) > LONGEST:
        return f"At most {LONGEST} characters are taken; these are {len(value)}."
    return "There are control characters in this; type it anew." if _CONTROL.search(value) else ""
