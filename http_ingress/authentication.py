"""Who asks: Bearer tokens and Basic credentials.

What has been verified is remembered for half a minute, under a keyed digest of the credentials;
so long may a revoked token, a changed password or a disabled user still be let in.
"""

import asyncio
import binascii
from base64 import b64decode
from collections.abc import Awaitable
from hashlib import blake2b

from aiohttp import web

from http_ingress import problems
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.threads import Threads
from store.accounts import Accounts, User

REMEMBERED_SECONDS = 30.0

_MOST_REMEMBERED = 10_000
_MOST_PASSWORDS = 16
_CHALLENGES = (
    ("WWW-Authenticate", 'Bearer realm="muniment"'),
    ("WWW-Authenticate", 'Basic realm="muniment", charset="UTF-8"'),
)
_Known = asyncio.Future[User | None]


class Gate:
    """Lets in whom the accounts know; belongs to one event loop."""

    def __init__(self, accounts: Accounts, threads: Threads, secret: str) -> None:
        """`secret` keys the digests under which credentials are remembered."""
        self._accounts = accounts
        self._threads = threads
        self._secret = secret.encode()[:64]
        self._loop = asyncio.get_running_loop()
        self._known: dict[bytes, tuple[float, _Known]] = {}
        self._passwords = 0

    async def admit(self, request: web.Request) -> User:
        """Return who asks.

        Raises a Problem: 401 for nobody we know, 403 for a disabled user, 429 when too many
        passwords wait to be verified.
        """
        credentials = request.headers.get("Authorization")
        if credentials is None:
            raise _refused("This needs credentials.")
        user = await self._identify(credentials)
        if user is None:
            raise _refused("The token or password is wrong, or has been revoked.")
        if user.disabled:
            raise Problem(problems.FORBIDDEN, f"The user {user.name!r} is disabled.")
        return user

    async def _identify(self, credentials: str) -> User | None:
        raw = credentials.encode(errors="surrogateescape")
        digest = blake2b(raw, key=self._secret).digest()
        until, known = self._known.get(digest, (0.0, None))
        if known is None or until < self._loop.time():
            # Remembered before it is known: who asks meanwhile waits for the same answer.
            known = asyncio.ensure_future(self._verify(credentials))
            self._remember(digest, known)
        try:
            user = await asyncio.shield(known)
        except BaseException:
            self._known.pop(digest, None)
            raise
        if user is None:
            self._known.pop(digest, None)
        return user

    def _remember(self, digest: bytes, known: _Known) -> None:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[digest] = (self._loop.time() + REMEMBERED_SECONDS, known)

    def _verify(self, credentials: str) -> Awaitable[User | None]:
        scheme, _, value = credentials.partition(" ")
        if scheme.lower() == "bearer":
            return self._threads.query(self._accounts.authenticate_token, value.strip())
        if scheme.lower() == "basic":
            return self._verify_password(*_basic(value))
        raise _refused(f"The scheme {scheme[:32]!r} is not known here; use Bearer or Basic.")

    async def _verify_password(self, name: str, password: str) -> User | None:
        if self._passwords >= _MOST_PASSWORDS:
            raise Problem(
                problems.BUSY, "Too many passwords wait to be verified.", headers=RETRY_SOON
            )
        self._passwords += 1
        try:
            verify = self._accounts.authenticate_password
            return await self._threads.password(verify, name, password)
        finally:
            self._passwords -= 1


def _basic(value: str) -> tuple[str, str]:
    try:
        name, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise Problem(
            problems.MALFORMED,
            "Basic credentials are base64 of name:password.",
            field="Authorization",
        ) from error
    if not colon:
        raise Problem(
            problems.MALFORMED,
            "Basic credentials are base64 of name:password.",
            field="Authorization",
        )
    return name, password


def _refused(detail: str) -> Problem:
    return Problem(problems.UNAUTHENTICATED, detail, headers=_CHALLENGES)
