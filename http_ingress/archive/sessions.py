"""Sessions of people with browsers: a signed cookie, and the token that their forms bring (CSRF).

A session says who somebody is, and until when; nothing of it is kept here. It ends before that when
the user logs out, is disabled, or gets another password.
"""

from collections.abc import Mapping

from aiohttp import web

from http_ingress import sealing
from http_ingress.archive.answers import Refused, detail
from http_ingress.sealing import CSRF_COOKIE, SAFE, SECONDS, Cookie, Forged, Seal
from store.archive.user_rows import ArchiveUser

__all__ = ["COOKIE", "CSRF_COOKIE", "PATH", "SAFE", "SECONDS"]

COOKIE = "muniment-archive-session"
PATH = "/archive"

_KEPT = Cookie(COOKIE, PATH)


def new_session(secret: str, user: ArchiveUser, now: float, nonce: str) -> str:
    """Return the cookie of a user who has been let in; `now` and `nonce` as for `Seal.seal`."""
    # A user name has no line breaks in it.
    return _seal(secret).seal(f"{user.name}\n{user.standing}", now, nonce)


def read_session(secret: str, cookie: str, now: float) -> tuple[str, str] | None:
    """Return whose session this is, and the standing in which it began.

    None: it is over, or none of ours.
    """
    said = _seal(secret).read(cookie, now)
    if said is None:
        return None
    name, _, standing = said.partition("\n")
    return name, standing


def csrf_token(secret: str, cookie: str) -> str:
    """Return the token that a change has to bring with the cookie."""
    return _seal(secret).token(cookie)


def check_origin(headers: Mapping[str, str], host: str, public_url: str) -> None:
    """Refuse what a page of somebody else's began, where the browser says so. Raises Refused.

    Ours are `host`, by which the client reached us, and that of `public_url`.
    """
    try:
        sealing.check_origin(headers, host, public_url)
    except Forged as forged:
        raise _refused(forged) from forged


def check_csrf(
    headers: Mapping[str, str], secret: str, cookie: str, form: Mapping[str, object]
) -> None:
    """Refuse what does not bring the session's token, as a header or in a form. Raises Refused."""
    try:
        _seal(secret).check_token(headers, cookie, form)
    except Forged as forged:
        raise _refused(forged) from forged


def begin(response: web.Response, secret: str, cookie: str, *, secure: bool) -> None:
    """Give a browser its session."""
    sealing.begin(response, _seal(secret), _KEPT, cookie, secure=secure)


def end(response: web.Response) -> None:
    """Take the session from a browser."""
    sealing.end(response, _KEPT)


def _seal(secret: str) -> Seal:
    return Seal(secret, "archive")


def _refused(forged: Forged) -> Refused:
    return detail(403, str(forged))
