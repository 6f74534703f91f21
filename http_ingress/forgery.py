"""Requests that a browser was tricked into by a page of somebody else's (CSRF).

Browsers send Basic credentials with whatever they are made to send. So a change is refused when
the browser says that another site's page began it, and a form has to bring the token that its
page got as a cookie, which no other site can read or set.
"""

from collections.abc import Mapping
from hmac import compare_digest
from urllib.parse import urlsplit

from aiohttp import web

from http_ingress import problems
from http_ingress.keys import PORTS
from http_ingress.problems import Problem

FIELD = "token"
"""Of a form."""
_COOKIE = "muniment-form"
_OURS = {"same-origin", "none"}
"""`none`: the person began it, not a page."""


def check_origin(request: web.Request) -> None:
    """Refuse what another site's page began. Raises a Problem."""
    headers = request.headers
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if (site is not None and site not in _OURS) or (
        origin is not None and not _is_ours(request, origin)
    ):
        raise Problem(problems.FORGED, "Another site's page began this.")


def _is_ours(request: web.Request, origin: str) -> bool:
    # What ends TLS before us may change the scheme, and may or may not pass the host on.
    host = urlsplit(origin).netloc.lower()
    return host in {request.host.lower(), urlsplit(request.app[PORTS].public_url).netloc.lower()}


def form_token(request: web.Request) -> str:
    """Return the token for the forms of a page: the browser's, or a fresh one."""
    return request.cookies.get(_COOKIE) or request.app[PORTS].new_secret()


def hand_out(request: web.Request, response: web.Response, token: str) -> None:
    """Give the browser the token that the page's forms bring back."""
    secure = request.app[PORTS].public_url.startswith("https:")
    response.set_cookie(
        _COOKIE, token, path="/", httponly=True, samesite="Strict", secure=secure or None
    )


def check_token(request: web.Request, fields: Mapping[str, str]) -> None:
    """Refuse a form that did not come from a page of ours. Raises a Problem."""
    known, brought = request.cookies.get(_COOKIE, ""), fields.get(FIELD, "")
    if not known or not compare_digest(known.encode(), brought.encode(errors="replace")):
        raise Problem(problems.FORGED, "The form's token is missing or not this browser's.")
