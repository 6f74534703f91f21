"""In which form an answer is wanted: by `?f=`, or else by `Accept` (contract section 2).

The highest q wins; of equals, what is named goes before a wildcard, and what comes first before
what comes later. Who says nothing looks with a browser.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from aiohttp import web

from http_ingress.negotiation import HTML, JSON, ranges
from http_ingress.reference.answers import detail

Form = Literal["html", "json"]

_TYPES: Mapping[Form, str] = {"html": HTML, "json": JSON}


def choose(request: web.Request, usual: Form = "html") -> Form:
    """Return the form. Raises Refused (406): the client would take neither."""
    form = _asked(request) or preferred(_accept(request), usual)
    if form is None:
        raise detail(406, "Could not satisfy the request Accept header.")
    return form


def looks(request: web.Request) -> bool:
    """Whether a person looks, to whom a refusal is shown as a page."""
    return (_asked(request) or preferred(_accept(request))) == "html"


def preferred(accept: str | None, usual: Form = "html") -> Form | None:
    """Return what `Accept` likes best, `usual` if that is all one; None: it would take neither.

    As RFC 9110 section 12.5.1 has it, the most specific range decides about a media type:
    `application/json;q=0, */*` is HTML.
    """
    if not (accept or "").strip(" \t,"):
        return usual
    # An old HTTP client of Java's says `*` for `*/*`.
    said = [("*/*" if name == "*" else name, quality) for name, quality in ranges(accept or "")]
    liked = [
        (-quality, wildness, position, form != usual, form)
        for form, media_type in _TYPES.items()
        for quality, wildness, position in _found(media_type, said)
        if quality > 0
    ]
    return min(liked)[-1] if liked else None


def _found(media_type: str, said: Sequence[tuple[str, float]]) -> list[tuple[float, int, int]]:
    """Return q, wildness and position of the range that decides, in a list of one or none."""
    for wildness, name in enumerate((media_type, media_type.partition("/")[0] + "/*", "*/*")):
        matching = [(q, wildness, place) for place, (one, q) in enumerate(said) if one == name]
        if matching:
            return [max(matching, key=lambda one: one[0])]
    return []


def _asked(request: web.Request) -> Form | None:
    asked = request.query.get("f", "").lower()
    return next((form for form in _TYPES if form == asked), None)


def _accept(request: web.Request) -> str:
    return ", ".join(request.headers.getall("Accept", ()))
