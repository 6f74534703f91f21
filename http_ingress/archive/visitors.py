"""Who visits the archive, and what they may do: the schemes and the words of OCS Science Archive.

A token, an OAuth token of the portal or the session of a browser; any other scheme counts as none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aiohttp import web

from http_ingress.archive import sessions
from http_ingress.archive.answers import (
    CHALLENGE,
    Refused,
    detail,
    not_authenticated,
    not_permitted,
)
from http_ingress.keys import PORTER, PORTS, THREADS
from store.archive.user_rows import ArchiveUser
from store.ended_sessions import has_ended
from store.frames.values import Sight

Scheme = Literal["token", "bearer", "session"]

_HEADER_TROUBLE = "Invalid token header. "
_NO_FORM: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks."""

    user: ArchiveUser | None = None
    """None: nobody in particular."""
    proposals: frozenset[str] = frozenset()
    """Of which the user is a member; a superuser's are not looked up."""
    scheme: Scheme | None = None
    """By what the user was known."""

    @property
    def name(self) -> str | None:
        """The user's."""
        return None if self.user is None else self.user.name

    @property
    def staff(self) -> bool:
        """Whether this is a user who may see versions, and is not throttled."""
        return self.user is not None and self.user.staff

    @property
    def superuser(self) -> bool:
        """Whether this is a user who sees and does everything in the archive."""
        return self.user is not None and self.user.superuser

    def sight(self, now: datetime) -> Sight:
        """Return what may be seen."""
        return Sight(now, self.superuser, self.proposals, known=self.user is not None)


NOBODY = Visitor()
VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
"""Who asks; there once it has been found out."""


async def identify(request: web.Request, form: Mapping[str, object] = _NO_FORM) -> Visitor:
    """Return who asks, found out once for each request.

    `form` are the fields of a form that has been read: there is where the session of a browser
    may bring its CSRF token. Raises Refused: 401 for whom we do not know, 403 for what another
    site's page began; and UnavailableError.
    """
    if VISITOR not in request:
        request[VISITOR] = await _identified(request, form)
    return request[VISITOR]


async def _identified(request: web.Request, form: Mapping[str, object]) -> Visitor:
    credentials = request.headers.get("Authorization", "").split()
    match [word.lower() for word in credentials[:1]]:
        case ["token"]:
            return await _by_token(request, credentials[1:])
        case ["bearer"]:
            return await _by_bearer(request, credentials[1:])
    return await _by_session(request, form)


async def see_again(request: web.Request, visitor: Visitor) -> Visitor | None:
    """Return the visitor as a member of more proposals than before; None: there are none more.

    For who was not shown something: the portal may have made them a member since it was asked.
    It is asked once in some seconds, whoever misses what.
    """
    if visitor.user is None or visitor.superuser:
        return None
    proposals = await request.app[PORTER].proposals_again(visitor.user)
    if proposals <= visitor.proposals:
        return None
    request[VISITOR] = Visitor(visitor.user, proposals, visitor.scheme)
    return request[VISITOR]


async def by_key(request: web.Request, key: str) -> Visitor | None:
    """Return whose token this is that came elsewhere than in a header; None: nobody's."""
    user = await request.app[PORTER].by_token(key)
    if user is None or user.disabled:
        return None
    return await _visitor(request, user, "token")


def require(visitor: Visitor) -> ArchiveUser:
    """Return the user. Raises Refused: nobody in particular."""
    if visitor.user is None:
        raise not_authenticated()
    return visitor.user


def require_staff(visitor: Visitor) -> ArchiveUser:
    """Return the user, who may see versions. Raises Refused."""
    user = require(visitor)
    if not user.staff:
        raise not_permitted()
    return user


def require_superuser(visitor: Visitor) -> ArchiveUser:
    """Return the user, who may do everything. Raises Refused."""
    user = require(visitor)
    if not user.superuser:
        raise not_permitted()
    return user


async def _by_token(request: web.Request, words: list[str]) -> Visitor:
    if not words:
        raise _unknown(f"{_HEADER_TROUBLE}No credentials provided.")
    if len(words) > 1:
        raise _unknown(f"{_HEADER_TROUBLE}Token string should not contain spaces.")
    if not words[0].isascii():
        raise _unknown(f"{_HEADER_TROUBLE}Token string should not contain invalid characters.")
    user = await request.app[PORTER].by_token(words[0])
    if user is None:
        raise _unknown("Invalid token.")
    return await _visitor(request, user, "token")


async def _by_bearer(request: web.Request, words: list[str]) -> Visitor:
    user = await request.app[PORTER].by_bearer(words[0]) if len(words) == 1 else None
    if user is None:
        raise _unknown("No Such User")
    return await _visitor(request, user, "bearer")


async def _by_session(request: web.Request, form: Mapping[str, object]) -> Visitor:
    cookie = request.cookies.get(sessions.COOKIE)
    if cookie is None:
        return NOBODY
    ports = request.app[PORTS]
    secret = ports.archive.people.secret
    said = sessions.read_session(secret, cookie, ports.clock().timestamp())
    if said is None:
        return NOBODY
    name, standing = said
    if await request.app[THREADS].query(has_ended, ports.database, cookie):
        return NOBODY
    user = await request.app[PORTER].by_name(name)
    if user is None or user.disabled or user.standing != standing:
        return NOBODY
    if request.method not in sessions.SAFE:
        sessions.check_origin(request.headers, request.host, ports.public_url)
        sessions.check_csrf(request.headers, secret, cookie, form)
    return await _visitor(request, user, "session")


async def _visitor(request: web.Request, user: ArchiveUser, scheme: Scheme) -> Visitor:
    if user.disabled:
        raise _unknown("User inactive or deleted.")
    if user.superuser:
        return Visitor(user, scheme=scheme)
    return Visitor(user, await request.app[PORTER].proposals(user), scheme)


def _unknown(text: str) -> Refused:
    return detail(401, text, CHALLENGE)
