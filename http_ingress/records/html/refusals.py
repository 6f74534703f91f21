"""Refusals as pages: to a program nothing says enough, to a person it says that something broke."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress import problems
from http_ingress.asking import FORM
from http_ingress.negotiation import wants_html
from http_ingress.pages import problem_page
from http_ingress.problems import Kind, Problem
from http_ingress.records.answers import Refused

_KINDS: Mapping[int, Kind] = {
    400: problems.MALFORMED,
    401: problems.UNAUTHENTICATED,
    403: problems.FORBIDDEN,
    404: problems.NOT_FOUND,
    409: problems.DECIDED,
    413: problems.TOO_LARGE,
    503: problems.UNAVAILABLE,
}
_DETAILS: Mapping[int, str] = {
    403: "You have no access to this project. Its members can grant it to you.",
    404: "There is no such project or record here, or not any more.",
}


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """Return the answer: a page for who looks at pages, a few words or none for all others."""
    looks = request.method in {"GET", "HEAD"} or request.content_type == FORM
    kind = _KINDS.get(refused.status)
    if kind is None or not looks or not wants_html(request.headers.get("Accept")):
        return refused.response()
    detail = refused.text or _DETAILS.get(refused.status, kind.title)
    return problem_page(Problem(kind, detail, headers=refused.headers))
