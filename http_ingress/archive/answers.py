"""What clients of `/archive` are answered: JSON as Django REST Framework writes it."""

from collections.abc import Mapping

from aiohttp import web
from pydantic import JsonValue
from pydantic_core import to_json

from http_ingress.conditional import is_known, tag_of
from http_ingress.negotiation import JSON
from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON, Kind, Problem
from store.errors import UnavailableError

Headers = Mapping[str, str]

CHALLENGE = {"WWW-Authenticate": "Token"}


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """This is answered, and nothing else is done."""

    def __init__(self, status: int, said: JsonValue = None, headers: Headers | None = None) -> None:
        """`said` is the body; None: there is none."""
        super().__init__(status)
        self.status = status
        self.said = said
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the answer."""
        if self.said is None:
            return web.Response(status=self.status, headers=self.headers)
        return answer(self.said, self.status, self.headers)


def detail(status: int, text: str, headers: Headers | None = None) -> Refused:
    """Return a refusal in the usual form: one sentence."""
    return Refused(status, {"detail": text}, headers)


def answer(said: object, status: int = 200, headers: Headers | None = None) -> web.Response:
    """Return something as JSON."""
    return document(to_json(said), status, headers)


def document(body: bytes, status: int = 200, headers: Headers | None = None) -> web.Response:
    """Return JSON that has been written already."""
    return web.Response(status=status, body=body, headers={"Content-Type": JSON, **(headers or {})})


def unless_known(request: web.Request, body: bytes) -> web.Response:
    """Return JSON, or 304 if the client has the same already."""
    tag = tag_of(body)
    # What may be seen changes with who asks, and with time: it is to be asked for again.
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if is_known(request, tag):
        return web.Response(status=304, headers=headers)
    return document(body, headers=headers)


def nothing_here() -> Refused:
    """Return what is said of an address that is none."""
    return detail(404, "Not found.")


def no_match(model: str) -> Refused:
    """Return what is said of what is not there, or not for this visitor's eyes."""
    return detail(404, f"No {model} matches the given query.")


def not_allowed(method: str) -> Refused:
    """Return what is said to a method that is not for this place."""
    return detail(405, f'Method "{method}" not allowed.')


def not_authenticated() -> Refused:
    """Return what is said to nobody in particular, where somebody has to ask."""
    return detail(401, "Authentication credentials were not provided.", CHALLENGE)


def not_permitted() -> Refused:
    """Return what is said to somebody who may not."""
    return detail(403, "You do not have permission to perform this action.")


def unsupported(content_type: str) -> Refused:
    """Return what is said of a body that is not of a kind we read."""
    return detail(415, f'Unsupported media type "{content_type[:200]}" in request.')


def too_large(largest: int) -> Refused:
    """Return what is said of a body of more than `largest` bytes."""
    return detail(413, f"At most {largest} bytes are taken here.")


def unavailable(text: str) -> Refused:
    """Return what is said when something we depend on is down."""
    return detail(503, f"{text}; send it again", dict(RETRY_SOON))


def refusal_of(error: Exception) -> Refused | None:
    """Return what is said of an error; None: nobody foresaw it."""
    match error:
        case Refused():
            return error
        case UnavailableError():
            return unavailable(tell(error))
        case Problem(kind=Kind(status=status)):
            return detail(status, error.detail, dict(error.headers))
        case web.RequestPayloadError():
            return detail(400, f"The body cannot be read: {error}")
    return None
