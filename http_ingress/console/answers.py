"""What browsers of operators are answered: pages, all of them, and ways to other pages."""

from collections.abc import Mapping

from aiohttp import web

from http_ingress import pages
from http_ingress.console import sessions
from http_ingress.console.places import Call, Refused
from http_ingress.outages import tell
from http_ingress.problems import RETRY_SOON, Kind, Problem
from http_ingress.sealing import Forged
from store.errors import UnavailableError

HOME = "/admin/"

_DONE: Mapping[str, str] = {
    "": "",
    "add": "The user has been added.",
    "change": "Saved.",
    "correct": "The counter has been corrected.",
    "describe": "The description is served from now on.",
    "disable": "The user gets in no more.",
    "drop": "The description before it is served again.",
    "enable": "The user gets in again.",
    "password": "The password is another now; who was signed in with the old one has to again.",
    "revoke": "The token lets nobody in any more.",
    "rights": "Saved. It holds everywhere within half a minute.",
    "start": "The poll has been started.",
    "stop": "The poll has been stopped.",
    "zero": "The counter is zero.",
}
"""What a page says after something has been done."""


def page(
    request: web.Request, name: str, call: Call, *, status: int = 200, **values: object
) -> web.Response:
    """Return a page of an operator's."""
    response = pages.render(
        f"console_{name}.html",
        call=call,
        token=sessions.token(request),
        done=_DONE.get(request.query.get("done", ""), ""),
        **values,
    )
    response.set_status(422 if call.typed.errors and status == 200 else status)  # noqa: PLR2004
    return response


def bare_page(name: str, *, status: int = 200, **values: object) -> web.Response:
    """Return a page that anybody may see."""
    response = pages.render(f"console_{name}.html", **values)
    response.set_status(status)
    return response


def leading(where: str, status: int = 302) -> web.Response:
    """Return the way to another page."""
    return web.Response(status=status, headers={"Location": where, "Cache-Control": "no-store"})


def refusal_of(_: web.Request, error: Exception) -> web.Response | None:
    """Return what is said of an error; None: nobody foresaw it."""
    match error:
        case Refused():
            return _refusal(error.status, error.title, error.text, error.headers)
        case Forged():
            text = f"{error} Open the page anew, and send its form."
            return _refusal(403, "This did not come from a page of the console", text)
        case UnavailableError():
            text = f"{tell(error)}. Nothing was done; try again in a minute."
            return _refusal(503, "Something is down", text, RETRY_SOON)
        case Problem(kind=Kind(status=status, title=title, advice=advice)):
            return _refusal(status, title, f"{error.detail} {advice}", error.headers)
        case web.RequestPayloadError():
            return _refusal(400, "This cannot be read", f"The body cannot be read: {error}")
    return None


def _refusal(
    status: int, title: str, text: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = bare_page("refusal", status=status, title=title, text=text, code=status)
    response.headers.extend(headers or {})
    return response
