"""`/api-auth/login/` and `/api-auth/logout/`: sessions of people with browsers."""

from aiohttp import web

from http_ingress import forgery, sealing
from http_ingress.archive import sessions
from http_ingress.archive.answers import Refused
from http_ingress.archive.places import Call
from http_ingress.archive.receiving import read
from http_ingress.archive.throttling import throttle
from http_ingress.archive.tokens_api import credentials
from http_ingress.archive.visitors import NOBODY
from http_ingress.keys import PORTER, PORTS, THREADS
from http_ingress.pages import render
from http_ingress.problems import Problem
from store.ended_sessions import end_session

_HOME = sessions.PATH + "/"
_WRONG = "Please enter a correct username and password. Note that both may be case-sensitive."
_STALE = "This form was too old, or your browser keeps no cookies. Please try again."


async def show_login(request: web.Request, _: Call) -> web.StreamResponse:
    """Show the form."""
    return _page(request, onward(request.query.get("next")))


async def log_in(request: web.Request, _: Call) -> web.StreamResponse:
    """Begin a session, or show the form again with what was wrong."""
    throttle(request, NOBODY)
    said = await read(request)
    fields = said if isinstance(said, dict) else {}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    following = onward(texts.get("next"))
    try:
        forgery.check_origin(request)
        forgery.check_token(request, texts)
    except Problem:
        return _page(request, following, _STALE, status=403)
    try:
        name, password = credentials({**texts})
    except Refused:
        return _page(request, following, _WRONG, status=400)
    user = await request.app[PORTER].by_password(name, password)
    if user is None or user.disabled:
        return _page(request, following, _WRONG, status=400)
    ports = request.app[PORTS]
    response = _leading(following)
    secret = ports.archive.people.secret
    cookie = sessions.new_session(secret, user, ports.clock().timestamp(), ports.new_secret())
    secure = ports.public_url.startswith("https:")
    sessions.begin(response, secret, cookie, secure=secure)
    return response


async def log_out(request: web.Request, _: Call) -> web.StreamResponse:
    """End the session of this browser."""
    ports, cookie = request.app[PORTS], request.cookies.get(sessions.COOKIE, "")
    now = ports.clock()
    if sessions.read_session(ports.archive.people.secret, cookie, now.timestamp()) is not None:
        until = now + sealing.LASTS
        await request.app[THREADS].query(end_session, ports.database, cookie, until)
    response = _leading(onward(request.query.get("next")))
    sessions.end(response)
    return response


def onward(wanted: str | None) -> str:
    """Return where somebody goes next: to a place of the archive, whatever was asked for."""
    return sealing.onward(wanted, _HOME)


def _leading(where: str) -> web.Response:
    return web.Response(status=302, headers={"Location": where, "Cache-Control": "no-store"})


def _page(
    request: web.Request, following: str, trouble: str = "", *, status: int = 200
) -> web.Response:
    token = forgery.form_token(request)
    response = render("archive_login.html", following=following, trouble=trouble, token=token)
    response.set_status(status)
    forgery.hand_out(request, response, token)
    return response
