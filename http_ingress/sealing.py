"""What a session of a browser is made of: a text under a seal, and the token of its forms (CSRF).

A sealed text says what it says until a time; nothing of it is kept here. Its token is made of it,
so no other site can know or set one that fits.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from aiohttp import web

CSRF_COOKIE = "csrftoken"
"""Named as Django's: scripts take the header's value from it."""
CSRF_HEADER = "X-CSRFToken"
CSRF_FIELD = "csrfmiddlewaretoken"
"""Of a form."""
SECONDS = 12 * 3600
"""How long a session lasts."""
LASTS = timedelta(seconds=SECONDS)
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing."""


class Forged(Exception):  # noqa: N818 - an answer, not an error
    """Another site's page may have begun this; the text says why, in Django's words."""

    def __init__(self, why: str) -> None:
        super().__init__(f"CSRF Failed: {why}")


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals texts with a secret."""

    secret: str = field(repr=False)
    realm: str
    """What is sealed for another is broken here."""

    def seal(self, text: str, now: float, nonce: str) -> str:
        """Return a cookie that says the text for a session's time; `now` is seconds since 1970.

        No other has its `nonce`, of letters, digits, `-` and `_`.
        """
        coded = urlsafe_b64encode(text.encode()).decode().rstrip("=")
        said = f"{coded}.{nonce}.{int(now) + SECONDS}"
        return f"{said}.{self._signature('session', said)}"

    def read(self, cookie: str, now: float) -> str | None:
        """Return what a cookie says; None: its time is over, or it is none of ours."""
        said, _, signature = cookie.rpartition(".")
        if not same(signature, self._signature("session", said)):
            return None
        coded, _, until = said.split(".")
        if now >= int(until):
            return None
        return urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()

    def token(self, cookie: str) -> str:
        """Return the token that a change has to bring with the cookie."""
        return self._signature("csrf", cookie)

    def check_token(
        self, headers: Mapping[str, str], cookie: str, form: Mapping[str, object]
    ) -> None:
        """Refuse what does not bring its token, as a header or in a form. Raises Forged."""
        header = headers.get(CSRF_HEADER)
        brought = form.get(CSRF_FIELD) if header is None else header
        if not isinstance(brought, str) or not brought:
            raise Forged("CSRF token missing.")
        if not same(brought, self.token(cookie)):
            where = "POST" if header is None else "the 'X-Csrftoken' HTTP header"
            raise Forged(f"CSRF token from {where} incorrect.")

    def _signature(self, purpose: str, said: str) -> str:
        text = f"{self.realm} {purpose}\0{said}".encode(errors="replace")
        return hmac.new(self.secret.encode(), text, sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Cookie:
    """Where a browser keeps a session."""

    name: str
    path: str
    """Below which it is sent."""


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, found out in the same time wherever they differ."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def begin(response: web.Response, seal: Seal, named: Cookie, cookie: str, *, secure: bool) -> None:
    """Give a browser its session, and the token of its forms."""
    for name, value, hidden in (
        (named.name, cookie, True),
        (CSRF_COOKIE, seal.token(cookie), False),
    ):
        response.set_cookie(
            name,
            value,
            path=named.path,
            max_age=SECONDS,
            httponly=hidden,
            samesite="Lax",
            secure=secure or None,
        )


def end(response: web.Response, named: Cookie) -> None:
    """Take the session from a browser."""
    for name in (named.name, CSRF_COOKIE):
        response.del_cookie(name, path=named.path)


def check_origin(headers: Mapping[str, str], host: str, public_url: str) -> None:
    """Refuse what a page of somebody else's began, where the browser says so. Raises Forged.

    Ours are `host`, by which the client reached us, and that of `public_url`.
    """
    origin = headers.get("Origin")
    if origin is None:
        return
    # What ends TLS before us may change the scheme, and may or may not pass the host on.
    ours = {host.lower(), urlsplit(public_url).netloc.lower()}
    if not origin.isascii() or origin.lower().partition("://")[2] not in ours:
        raise Forged(f"Origin checking failed - {origin} does not match any trusted origins.")


def onward(wanted: str | None, home: str) -> str:
    """Return where somebody goes next: to a place below `home`, whatever was asked for."""
    if wanted is None or not wanted.startswith(home) or "\\" in wanted or not wanted.isprintable():
        return home
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return home
    return home if parts.scheme or parts.netloc or ".." in parts.path.split("/") else wanted
