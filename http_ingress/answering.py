"""Around every request: what was raised becomes a problem, and how it went is observed."""

import logging
from collections.abc import Awaitable, Callable
from time import perf_counter

from aiohttp import web

from http_ingress import problems
from http_ingress.asking import is_form
from http_ingress.keys import PORTS
from http_ingress.negotiation import wants_html
from http_ingress.outages import tell
from http_ingress.pages import problem_page
from http_ingress.problems import RETRY_SOON, Kind, Problem
from store.errors import ConflictError, DigestMismatchError, UnavailableError

_log = logging.getLogger(__name__)
_KINDS: dict[int, Kind] = {
    400: problems.MALFORMED,
    403: problems.FORBIDDEN,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
    415: problems.UNSUPPORTED,
    417: problems.EXPECTATION_FAILED,
}
_LONGEST_PATH = 200
"""Characters of an address that are said back."""


@web.middleware
async def answer(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer whatever happens in the form of a problem, and tell `observe`."""
    started = perf_counter()
    ports = request.app[PORTS]
    response: web.StreamResponse
    try:
        if "Expect" in request.headers:
            _check_expectation(request.headers["Expect"])
        response = await handler(request)
    except Exception as error:
        if request.writer.output_size > 0:
            # Half an answer is out. Breaking off is the only way left to say that it is not whole.
            raise
        response = _render(request, problem_of(request, error, ports.new_id))
    resource = request.match_info.route.resource
    route = "unmatched" if resource is None else resource.canonical
    ports.observe(request.method, route, response.status, perf_counter() - started)
    return response


def _check_expectation(value: str) -> None:
    if value.lower() != "100-continue":
        detail = f"{value[:64]!r} is not known."
        raise Problem(problems.EXPECTATION_FAILED, detail, field="Expect")


def problem_of(
    request: web.Request, error: Exception, new_id: Callable[[], str]
) -> Problem | web.HTTPException:
    """Return what to answer; what nobody foresaw is logged under an id that the client gets."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, web.HTTPException):
        return _translated(request, error)
    foreseen = _foreseen(error)
    if foreseen is not None:
        return foreseen
    error_id = new_id()
    _log.error("error %s", error_id, exc_info=error, extra={"error_id": error_id})
    return Problem(problems.INTERNAL, "This has been logged.", error_id=error_id)


def _foreseen(error: Exception) -> Problem | None:
    match error:
        case UnavailableError(dependency=dependency):
            kind = problems.UNAVAILABLE
            return Problem(kind, f"{tell(error)}.", headers=RETRY_SOON, dependency=dependency)
        case ConflictError(field="Idempotency-Key" as field):
            return Problem(problems.KEY_REUSED, error.message, field=field)
        case ConflictError(field=field):
            return Problem(problems.CONFLICT, error.message, field=field)
        case DigestMismatchError(field=field):
            return Problem(problems.DIGEST_MISMATCH, f"{error}.", field=field)
        case web.RequestPayloadError():
            return Problem(problems.MALFORMED, f"The body cannot be read: {error}.", field="body")
    return None


def _translated(request: web.Request, error: web.HTTPException) -> Problem | web.HTTPException:
    """Return aiohttp's own errors in our form; redirects stay what they are."""
    kind = _KINDS.get(error.status)
    if kind is None:
        return error
    kept = [(name, error.headers[name]) for name in ("Allow",) if name in error.headers]
    path = request.path[:_LONGEST_PATH]
    match error:
        case web.HTTPNotFound():
            detail = f"There is nothing at {path!r}."
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            detail = f"{error.method} is not done at {path!r}, only {allowed}."
        case _:
            detail = f"{error.reason}."
    return Problem(kind, detail, headers=kept)


def _render(request: web.Request, problem: Problem | web.HTTPException) -> web.StreamResponse:
    if isinstance(problem, web.HTTPException):
        raise problem
    seen = request.method in {"GET", "HEAD"} or is_form(request)
    if seen and wants_html(request.headers.get("Accept")):
        response: web.Response = problem_page(problem)
    else:
        response = problem.response()
    if "Expect" in request.headers and not request.content.is_eof():
        # The client may keep its body to itself now; nothing after it could be told apart from it.
        response.force_close()
    return response
