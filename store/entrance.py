"""Letting in: by a password, by a token, and by what was proved before.

Passwords are kept as argon2id, tokens as SHA-256.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import RowMapping, func, select

from store.database import Database
from store.tables import audit, tokens, users
from store.user_names import ANONYMOUS, user_name

TOKEN_PREFIX = "mnt_"  # noqa: S105 - public: by it people and scanners recognise a token
LONGEST_PASSWORD = 1024
"""Characters; hashing more is only work for the server."""

SOMEBODY = select(users).where(users.c.name != ANONYMOUS)
"""Before that name was reserved, it could be given away."""
_TURNS = select(func.coalesce(func.max(audit.c.id), 0).label("turned")).where(
    audit.c.field == "disabled"
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, or some program, that may be let in."""

    name: str
    superuser: bool
    """May do everything, in every project."""
    operator: bool
    """May decide about parked events, schedule, and use the console."""
    disabled: bool
    has_password: bool
    created_at: datetime

    @property
    def may_administer(self) -> bool:
        """Whether this user may decide about what is parked, schedule, and use the console."""
        return self.superuser or self.operator


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody has proved to be, and by what."""

    user: User
    """Disabled or not."""
    by: str
    """Names the password or the token, and tells neither; another password has another name, and
    the same after the user was disabled, too."""


class Entrance:
    """Says who somebody is. Safe to use from many threads; every method blocks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()

    def authenticate_token(self, secret: str, *, of: str | None = None) -> User | None:
        """Return whose token this is, disabled or not; None: nobody's, or revoked.

        With `of`, None too for a token of anybody but this user.
        """
        # Looked up by digest: what can be timed is the digest, from which nothing can be learnt.
        rows = self._database.query(
            SOMEBODY.join(tokens, tokens.c.user_name == users.c.name).where(
                tokens.c.digest == digest_of(secret), tokens.c.revoked_at.is_(None)
            )
        )
        if not rows or (of is not None and rows[0]["name"] != user_name(of)):
            return None
        return user_of(rows[0])

    def authenticate_password(self, name: str, password: str) -> User | None:
        """Return the user, disabled or not; None: unknown user or wrong password.

        Takes as long for a user that does not exist (some 50 ms and 64 MiB, by design).
        """
        if len(password) > LONGEST_PASSWORD or user_name(name) is None:
            return None
        row = self._find(name)
        if row is None or row["password_hash"] is None:
            self._hasher.hash(password)
            return None
        try:
            self._hasher.verify(row["password_hash"], password)
        except VerificationError:
            return None
        return user_of(row)

    def prove(self, name: str, secret: str) -> Proof | None:
        """Return who this is, by password or one of the user's tokens; None: nobody we know.

        Takes as long for a user that does not exist.
        """
        # What it is called is read first: if it changes meanwhile, the proof holds no longer.
        turned = self._turned(name)
        if secret.startswith(TOKEN_PREFIX):
            user = self.authenticate_token(secret, of=name)
            if user is not None:
                return Proof(user, f"{turned}:token:{digest_of(secret)}")
        row = self._find(name)
        user = self.authenticate_password(name, secret)
        if row is None or user is None:
            return None
        return Proof(user, f"{turned}:{_password_named(row)}")

    def who_proved(self, name: str, by: str) -> User | None:
        """Return a user as it is now who proved itself by something; None: it is valid no more."""
        turned, _, named = by.partition(":")
        kind, _, digest = named.partition(":")
        if turned != self._turned(name):
            return None
        if kind == "token":
            rows = self._database.query(
                SOMEBODY.join(tokens, tokens.c.user_name == users.c.name).where(
                    users.c.name == name, tokens.c.digest == digest, tokens.c.revoked_at.is_(None)
                )
            )
            return user_of(rows[0]) if rows else None
        row = self._find(name)
        return user_of(row) if row is not None and _password_named(row) == named else None

    def _turned(self, name: str) -> str:
        """Return when the user was last disabled or enabled, as the number of the audit's line.

        The audit tells of both in the transaction in which they happen, and forgets nothing.
        """
        what = f"user:{user_name(name)}"
        rows = self._database.query(_TURNS.where(audit.c.what == what))
        return str(rows[0]["turned"])

    def _find(self, name: str) -> RowMapping | None:
        rows = self._database.query(SOMEBODY.where(users.c.name == user_name(name)))
        return rows[0] if rows else None


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def user_of(row: RowMapping) -> User:
    """Return the user of a row."""
    return User(
        row["name"],
        row["superuser"],
        row["operator"],
        row["disabled"],
        row["password_hash"] is not None,
        row["created_at"],
    )


def _password_named(row: RowMapping) -> str:
    # Of the hash, which is salted: two users with one password have two names for it.
    return f"password:{digest_of(row['password_hash'] or '')}"
