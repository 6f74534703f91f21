"""Sessions of operators: whose they are, what a change has to bring, how they begin and end.

A session is of a user by a password or a token, and for twelve hours. It ends before that when the
user signs out, the password is another, the token revoked or the user disabled, and lets nobody in
who may not administer.
"""

from collections.abc import Mapping

from aiohttp import web

from http_ingress import sealing
from http_ingress.keys import PORTS, THREADS
from http_ingress.sealing import LASTS, SAFE, Cookie, Seal
from store.ended_sessions import end_session, has_ended
from store.entrance import Proof, User

COOKIE = "sessionid"

_KEPT = Cookie(COOKIE, "/")
_PERSON: web.RequestKey[User | None] = web.RequestKey("person")
"""Whose session it is; there once it has been found out."""


async def person(request: web.Request) -> User | None:
    """Return the operator whose session this is; None: there is none, or it has ended.

    Raises UnavailableError.
    """
    if _PERSON not in request:
        request[_PERSON] = await _person(request)
    return request[_PERSON]


async def check_csrf(request: web.Request, fields: Mapping[str, str]) -> None:
    """Refuse a change in a session unless it brings the session's token. Raises Forged.

    The token comes as `X-CSRFToken` or as the field `csrfmiddlewaretoken`. What changes nothing,
    or comes in no session, needs none. Raises UnavailableError, too.
    """
    if request.method in SAFE or await person(request) is None:
        return
    sealing.check_origin(request.headers, request.host, request.app[PORTS].public_url)
    cookie = request.cookies[COOKIE]
    _seal(request).check_token(request.headers, cookie, fields)


def token(request: web.Request) -> str:
    """Return what the forms of the pages of who has signed in bring."""
    return _seal(request).token(request.cookies[COOKIE])


def begin(request: web.Request, response: web.Response, proof: Proof) -> None:
    """Give the browser a session."""
    ports, seal = request.app[PORTS], _seal(request)
    # A user name has no line breaks in it.
    said, now = f"{proof.user.name}\n{proof.by}", ports.clock().timestamp()
    cookie = seal.seal(said, now, ports.new_secret())
    secure = ports.public_url.startswith("https:")
    sealing.begin(response, seal, _KEPT, cookie, secure=secure)


async def end(request: web.Request, response: web.Response) -> None:
    """End the session, and take it from the browser. Raises UnavailableError."""
    if await person(request) is not None:
        ports, until = request.app[PORTS], request.app[PORTS].clock() + LASTS
        await request.app[THREADS].query(
            end_session, ports.database, request.cookies[COOKIE], until
        )
    sealing.end(response, _KEPT)


async def _person(request: web.Request) -> User | None:
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        return None
    ports = request.app[PORTS]
    said = _seal(request).read(cookie, ports.clock().timestamp())
    if said is None:
        return None
    name, _, by = said.partition("\n")

    def let_in() -> User | None:
        ended = has_ended(ports.database, cookie)
        return None if ended else ports.accounts.who_proved(name, by)

    user = await request.app[THREADS].query(let_in)
    return user if user is not None and user.may_administer and not user.disabled else None


def _seal(request: web.Request) -> Seal:
    return Seal(request.app[PORTS].console_secret, "console")
