"""What clients of `/packager` are answered: one JSON object each time."""

from collections.abc import Mapping

from aiohttp import web
from pydantic_core import to_json

from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON, Kind, Problem
from store.errors import UnavailableError

_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Failed(Exception):  # noqa: N818 - an answer, not an error
    """This is answered, and nothing else is done."""

    def __init__(
        self, status: int, error: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """`error` is what the API calls this kind of failure."""
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.headers = headers or {}

    def response(self) -> web.Response:
        """Return the answer."""
        said = {"status": "failed", "error": self.error, "message": self.message}
        return answer(said, self.status, self.headers)


def answer(
    said: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an object as JSON."""
    return web.Response(status=status, body=to_json(said), headers={**_HEADERS, **(headers or {})})


def bad_request(message: str) -> Failed:
    """Return what is said of a request that cannot be understood."""
    return Failed(400, "BadRequestError", message)


def not_authorised() -> Failed:
    """Return what is said to who does not know the secret."""
    return Failed(401, "NotAuthorizedError", "Wrong/missing secret")


def nothing_here() -> Failed:
    """Return what is said of what is not there."""
    return Failed(404, "NotFoundError", "There is nothing here")


def not_allowed(methods: str) -> Failed:
    """Return what is said to a method that is not for this place."""
    message = f"This is answered to {methods} only"
    return Failed(405, "MethodNotAllowedError", message, {"Allow": methods})


def too_large(largest: int) -> Failed:
    """Return what is said of a body of more than `largest` bytes."""
    return Failed(413, "RequestTooLargeError", f"At most {largest} bytes are taken here")


def unavailable(message: str) -> Failed:
    """Return what is said when something we depend on is down."""
    return Failed(503, "UnavailableError", f"{message}; send it again", RETRY_SOON)


def failure_of(error: Exception) -> Failed | None:
    """Return what is said of an error; None: nobody foresaw it."""
    match error:
        case Failed():
            return error
        case UnavailableError():
            return unavailable(tell(error))
        case Problem(kind=Kind(status=400)):
            return bad_request(error.detail)
        case Problem(kind=kind):
            name = "".join(word.capitalize() for word in kind.slug.split("-"))
            return Failed(kind.status, f"{name}Error", error.detail, dict(error.headers))
        case web.RequestPayloadError():
            return bad_request(f"The body cannot be read: {error}")
    return None
