"""Refusals as pages, for who looks at pages: what is wrong, and what to do."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import JsonValue

from http_ingress.archive.answers import Refused
from http_ingress.archive.html.surroundings import page, surroundings, who
from http_ingress.archive.parameter_values import last
from http_ingress.asking import FORM
from http_ingress.negotiation import wants_html

_TITLES: Mapping[int, str] = {
    400: "This cannot be read",
    401: "Please sign in",
    403: "This is not for you",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Some files are missing",
    410: "This link is too old",
    429: "Too many requests",
    503: "Something is down",
}


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """Return the answer: a page for who looks at pages, JSON for all others."""
    if not _looks(request):
        return refused.response()
    around = surroundings(request, who(request))
    response = page(
        "refusal",
        around,
        status=refused.status,
        title=_TITLES.get(refused.status, "This was refused"),
        code=refused.status,
        texts=list(_texts(refused.said)),
    )
    response.headers.extend(refused.headers)
    return response


def _looks(request: web.Request) -> bool:
    if asked := last(request.query, "format"):
        return asked == "api"
    by_page = request.method in {"GET", "HEAD"} or request.content_type == FORM
    return by_page and wants_html(request.headers.get("Accept"))


def _texts(said: JsonValue, name: str = "") -> list[str]:
    match said:
        case None:
            return []
        case dict():
            return [
                text
                for key, value in said.items()
                for text in _texts(value, key if key not in {"detail", "non_field_errors"} else "")
            ]
        case list():
            return [text for one in said for text in _texts(one, name)]
    return [f"{name}: {said}" if name else str(said)]
