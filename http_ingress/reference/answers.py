"""What clients of `/reference` are answered: JSON, or a page."""

from collections.abc import Mapping

from aiohttp import web
from pydantic_core import to_json

from http_ingress.negotiation import JSON
from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON, Kind, Problem
from http_ingress.sealing import Forged
from store.errors import UnavailableError

Headers = Mapping[str, str]

STANDING: Headers = {
    "Vary": "Accept, Authorization, Cookie",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
"""On every answer."""
CHALLENGE: Headers = {"WWW-Authenticate": 'Basic realm="muniment", charset="UTF-8"'}


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """This is answered, and nothing else is done."""

    def __init__(
        self, status: int, said: Mapping[str, object], headers: Headers | None = None
    ) -> None:
        """`said` is the body; its `detail` says what is wrong."""
        super().__init__(str(said["detail"]))
        self.status = status
        self.said = said
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the answer."""
        return answer(self.said, self.status, self.headers)


def detail(status: int, text: str, headers: Headers | None = None) -> Refused:
    """Return a refusal in the usual form: one sentence."""
    return Refused(status, {"detail": text}, headers)


def answer(said: object, status: int = 200, headers: Headers | None = None) -> web.Response:
    """Return something as JSON."""
    sent = {**STANDING, "Content-Type": JSON, **(headers or {})}
    return web.Response(status=status, body=to_json(said), headers=sent)


def leading(where: str, status: int = 302) -> web.Response:
    """Return a redirect."""
    sent = {**STANDING, "Location": where, "Content-Type": "text/plain; charset=utf-8"}
    return web.Response(status=status, body=b"See Location.\n", headers=sent)


def nothing_here() -> Refused:
    """Return what is said of an address that is none."""
    return detail(404, "Not found.")


def not_allowed(method: str, allowed: str) -> Refused:
    """Return what is said to a method that is not for this place."""
    return detail(405, f'Method "{method}" not allowed.', {"Allow": allowed})


def not_known() -> Refused:
    """Return what is said of credentials that are nobody's."""
    return detail(401, "Invalid username/password.", CHALLENGE)


def not_authenticated() -> Refused:
    """Return what is said to nobody in particular, where an operator has to ask."""
    return detail(401, "Authentication credentials were not provided.", CHALLENGE)


def not_permitted() -> Refused:
    """Return what is said to somebody who is no operator."""
    return detail(403, "You do not have permission to perform this action.")


def invalid(errors: Mapping[str, str], text: str = "Invalid data") -> Refused:
    """Return what is said of a description that cannot be taken; `errors` are by field."""
    return Refused(400, {"detail": text, "errors": errors})


def too_large(largest: int) -> Refused:
    """Return what is said of a body of more than `largest` bytes."""
    return detail(413, f"At most {largest} bytes are taken here.")


def refusal_of(error: Exception) -> Refused | None:
    """Return what is said of an error; None: nobody foresaw it."""
    match error:
        case Refused():
            return error
        case Forged():
            return detail(403, str(error))
        case UnavailableError():
            return detail(503, f"{tell(error)}; send it again", RETRY_SOON)
        case Problem(kind=Kind(status=status)):
            return detail(status, error.detail, dict(error.headers))
        case web.RequestPayloadError():
            return detail(400, f"The body cannot be read: {error}")
    return None
