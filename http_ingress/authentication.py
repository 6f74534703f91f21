"""Who asks: Bearer tokens and Basic credentials. A token may stand in for its user's password.

Who has been verified is remembered for half a minute, under a keyed digest of the credentials;
so long may a revoked token, a changed password or a disabled user still be let in. That somebody
is not known is never remembered: a new user gets in at once.
"""

from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import unquote

from aiohttp import web

from http_ingress import problems
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.remembering import Remembering
from http_ingress.threads import Threads
from store.accounts import Accounts
from store.entrance import TOKEN_PREFIX, Proof, User

REMEMBERED_SECONDS = 30.0

T = TypeVar("T")

_MOST_PASSWORDS = 16
_CHALLENGES = (
    ("WWW-Authenticate", 'Bearer realm="muniment"'),
    ("WWW-Authenticate", 'Basic realm="muniment", charset="UTF-8"'),
)


class Gate:
    """Lets in whom the accounts know; belongs to one event loop."""

    def __init__(self, accounts: Accounts, threads: Threads, secret: str) -> None:
        """`secret` keys the digests under which credentials are remembered."""
        self._accounts = accounts
        self._threads = threads
        self._known: Remembering[User | None] = Remembering(secret, REMEMBERED_SECONDS)
        self._passwords = 0

    async def admit(self, request: web.Request) -> User:
        """Return who asks.

        Raises a Problem: 401 for nobody we know, 403 for a disabled user, 429 when too many
        passwords wait to be verified.
        """
        credentials = request.headers.get("Authorization")
        if credentials is None:
            raise _refused("This needs credentials.")
        user = await self.identify(credentials)
        if user is None:
            raise _refused("The token or password is wrong, or has been revoked.")
        if user.disabled:
            raise Problem(problems.FORBIDDEN, f"The user {user.name!r} is disabled.")
        return user

    async def identify(self, credentials: str) -> User | None:
        """Return whose credentials these are, disabled or not; None: nobody's we know.

        `credentials` are all that an `Authorization` header says. Raises a Problem: 400 for what
        cannot be read, 401 for a scheme we do not know, 429 as `admit` does.
        """
        scheme, _, value = credentials.partition(" ")
        if scheme.lower() == "bearer":
            token = value.strip()
            return await self._known.get(("bearer", token), lambda: self._token(token))
        if scheme.lower() != "basic":
            raise _refused(f"The scheme {scheme[:32]!r} is not known here; use Bearer or Basic.")
        pair = basic(credentials)
        if pair is None:
            raise Problem(
                problems.MALFORMED,
                "Basic credentials are base64 of name:password.",
                field="Authorization",
            )
        return await self.identify_basic(*pair)

    async def identify_basic(
        self, name: str, password: str, *, decoded_too: bool = False
    ) -> User | None:
        """Return who this is, disabled or not; None: nobody we know. Raises a Problem: 429.

        With `decoded_too`, what fails as it stands is tried once more with its percent escapes
        decoded: for clients that take name and password from a URL, and leave them as they were
        written there. The answer is remembered for the pair as it stands.
        """
        tried = [(name, password)]
        if decoded_too:
            tried += _decoded(name, password)
        return await self._known.get(("basic", *tried), lambda: self._pairs(tried))

    async def prove(self, name: str, password: str) -> Proof | None:
        """Return who this is and by what, disabled or not; None: nobody. Raises a Problem: 429.

        Nothing is remembered: what begins with it lasts longer than half a minute.
        """
        return await self._verified(self._accounts.prove, name, password)

    async def _token(self, token: str) -> User | None:
        return await self._threads.query(self._accounts.authenticate_token, token)

    async def _pairs(self, pairs: Sequence[tuple[str, str]]) -> User | None:
        for name, password in pairs:
            user = await self._pair(name, password)
            if user is not None:
                return user
        return None

    async def _pair(self, name: str, password: str) -> User | None:
        if password.startswith(TOKEN_PREFIX):
            verify_token = self._accounts.authenticate_token
            user = await self._threads.query(verify_token, password, of=name)
            if user is not None:
                return user
        return await self._verified(self._accounts.authenticate_password, name, password)

    async def _verified(
        self, verify: Callable[[str, str], T | None], name: str, password: str
    ) -> T | None:
        if self._passwords >= _MOST_PASSWORDS:
            raise Problem(
                problems.BUSY, "Too many passwords wait to be verified.", headers=RETRY_SOON
            )
        self._passwords += 1
        try:
            return await self._threads.password(verify, name, password)
        finally:
            self._passwords -= 1


def basic(credentials: str | None) -> tuple[str, str] | None:
    """Return name and password of an `Authorization` header's Basic credentials.

    None: there is no header, it has another scheme, or it is not base64 of UTF-8 with a colon in it
    and a name before that.
    """
    scheme, _, value = (credentials or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(value.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (name, password) if name and colon else None


def _decoded(name: str, password: str) -> list[tuple[str, str]]:
    """Return the pair without percent escapes, unless it has none."""
    try:
        pair = (unquote(name, errors="strict"), unquote(password, errors="strict"))
    except UnicodeDecodeError:
        return []
    return [pair] if pair != (name, password) else []


def _refused(detail: str) -> Problem:
    return Problem(problems.UNAUTHENTICATED, detail, headers=_CHALLENGES)
