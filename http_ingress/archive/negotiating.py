"""In which form an answer is wanted: `?format=`, or else `Accept`."""

from typing import Literal

from aiohttp import web

from http_ingress.archive.answers import Refused, detail, nothing_here
from http_ingress.archive.parameter_values import last
from http_ingress.negotiation import HTML, JSON, best

Form = Literal["json", "html"]

FORMATS: dict[str, Form] = {"json": "json", "api": "html"}
"""What `?format=` may say."""


def choose(request: web.Request) -> Form:
    """Return the form. Raises Refused: 404 for a format that there is not, 406 for a bad Accept."""
    asked = last(request.query, "format")
    if asked:
        if asked not in FORMATS:
            raise nothing_here()
        return FORMATS[asked]
    accept = ", ".join(request.headers.getall("Accept", ())) or None
    chosen = best(accept, (JSON, HTML))
    if chosen is None:
        raise _unsatisfied()
    return "html" if chosen == HTML else "json"


def _unsatisfied() -> Refused:
    return detail(406, "Could not satisfy the request Accept header.")
