"""`/admin/login/` and `/admin/logout/`: how an operator's session begins and ends."""

from urllib.parse import quote

from aiohttp import web

from http_ingress import sealing
from http_ingress.console import sessions
from http_ingress.console.answers import HOME, bare_page, leading
from http_ingress.console.places import Fields
from http_ingress.console.receiving import read_form
from http_ingress.keys import GATE, PORTS
from http_ingress.sealing import CSRF_COOKIE, CSRF_FIELD, SAFE, Forged
from store.entrance import LONGEST_PASSWORD

LOGIN = "/admin/login/"
LOGOUT = "/admin/logout/"

_WRONG = "This username and password do not go together; both may be case-sensitive."
_STALE = "This form was too old, or the browser keeps no cookies. Try again."
_LONGEST_TOKEN = 200


async def show(request: web.Request) -> web.Response:
    """Show the form, or lead on who is signed in already."""
    following = _onward(request.query.get("next"))
    if await sessions.person(request) is not None:
        return leading(following)
    return _page(request, following)


async def sign_in(request: web.Request) -> web.Response:
    """Begin a session, or show the form again with what was wrong.

    Raises a Problem: no form, or too many passwords wait to be verified; and UnavailableError.
    """
    fields = await read_form(request)
    following = _onward(fields.get("next"))
    try:
        _check_form(request, fields)
    except Forged:
        return _page(request, following, fields, {"": _STALE}, status=403)
    name, password = fields.get("username", "").strip(), fields.get("password", "")
    troubles = {
        field: "This is needed."
        for field, value in (("username", name), ("password", password))
        if not value
    }
    if len(password) > LONGEST_PASSWORD:
        troubles["password"] = f"No password is longer than {LONGEST_PASSWORD} characters."
    if troubles:
        return _page(request, following, fields, troubles, status=400)
    proof = await request.app[GATE].prove(name, password)
    if proof is None or proof.user.disabled:
        return _page(request, following, fields, {"": _WRONG}, status=400)
    if not proof.user.may_administer:
        why = (
            f"{proof.user.name} may not administer. A superuser can change that: "
            f"`muniment user role {proof.user.name} --operator`."
        )
        return _page(request, following, fields, {"": why}, status=403)
    response = leading(following)
    sessions.begin(request, response, proof)
    return response


async def sign_out(request: web.Request) -> web.Response:
    """End this browser's session. Raises Forged and UnavailableError."""
    await sessions.check_csrf(request, await read_form(request))
    response = leading(LOGIN)
    await sessions.end(request, response)
    return response


def to_login(request: web.Request) -> web.Response:
    """Return the way to the form, and from there back to here."""
    here = request.path if request.method not in SAFE else request.path_qs
    return leading(f"{LOGIN}?next={quote(_onward(here), safe='/')}")


def _onward(wanted: str | None) -> str:
    where = sealing.onward(wanted, HOME)
    return HOME if where.startswith((LOGIN, LOGOUT)) else where


def _check_form(request: web.Request, fields: Fields) -> None:
    """Refuse a form that this browser did not get from here. Raises Forged."""
    sealing.check_origin(request.headers, request.host, request.app[PORTS].public_url)
    known, brought = request.cookies.get(CSRF_COOKIE, ""), fields.get(CSRF_FIELD, "")
    if not known or not sealing.same(known, brought):
        raise Forged("CSRF token missing or incorrect.")


def _page(
    request: web.Request,
    following: str,
    fields: Fields | None = None,
    troubles: Fields | None = None,
    *,
    status: int = 200,
) -> web.Response:
    ports = request.app[PORTS]
    known = request.cookies.get(CSRF_COOKIE, "")
    token = known if 0 < len(known) <= _LONGEST_TOKEN else ports.new_secret()
    response = bare_page(
        "login",
        status=status,
        following=following,
        token=token,
        username=(fields or {}).get("username", "")[:LONGEST_PASSWORD],
        troubles=troubles or {},
    )
    secure = ports.public_url.startswith("https:") or None
    response.set_cookie(CSRF_COOKIE, token, path="/", samesite="Lax", secure=secure)
    return response
