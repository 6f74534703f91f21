"""Accounts: who may write. Passwords are kept as argon2id, tokens as SHA-256; no secret is kept."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.errors import MunimentError
from store.tables import tokens, users

TOKEN_PREFIX = "mnt_"  # noqa: S105 - public: by it people and scanners recognise a token
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
"""Characters; hashing more is only work for the server."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class AccountError(MunimentError):
    """This cannot be done to this account; the message says why."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, or some program, that may be let in."""

    name: str
    superuser: bool
    disabled: bool
    has_password: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, without its secret."""

    id: str
    user: str
    label: str
    created_at: datetime
    revoked_at: datetime | None


class Accounts:
    """Users and their tokens. Safe to use from many threads; every method blocks."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_secret: Callable[[], str],
    ) -> None:
        """Keep accounts in `database`; `new_secret` returns 256 random bits as URL-safe text."""
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret
        self._hasher = PasswordHasher()

    # --- users ----------------------------------------------------------------------------------

    def add_user(self, name: str, password: str | None, *, superuser: bool = False) -> None:
        """Add a user; one without a password gets in by token only.

        Raises AccountError: taken, not a user name, or not a password.
        """
        if not _NAME.fullmatch(name):
            raise AccountError(
                f"{name[:80]!r} is not a user name: take 1 to 64 of a-z, 0-9, '.', '_' and '-', "
                "a letter or digit first"
            )
        row = {
            "name": name,
            "password_hash": None if password is None else self._hash(password),
            "superuser": superuser,
            "disabled": False,
            "created_at": self._clock(),
        }
        try:
            with self._database.transaction() as transaction:
                transaction.execute(insert(users), row)
        except IntegrityError as error:
            raise AccountError(f"there is a user {name!r} already") from error

    def set_password(self, name: str, password: str) -> None:
        """Replace the user's password. Raises AccountError: unknown, or not a password."""
        self._change(name, {"password_hash": self._hash(password)})

    def disable(self, name: str) -> None:
        """Let the user in no more, by password or token. Raises AccountError: unknown."""
        self._change(name, {"disabled": True})

    def enable(self, name: str) -> None:
        """Let a disabled user in again. Raises AccountError: unknown."""
        self._change(name, {"disabled": False})

    def users(self) -> list[User]:
        """Return every user, by name."""
        return [_user(row) for row in self._database.query(select(users).order_by(users.c.name))]

    def _change(self, name: str, values: dict[str, object]) -> None:
        with self._database.transaction() as transaction:
            changed = transaction.execute(update(users).where(users.c.name == name).values(values))
            if changed.rowcount == 0:
                raise AccountError(f"there is no user {name!r}")

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccountError(
                f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
            )
        return self._hasher.hash(password)

    # --- tokens ---------------------------------------------------------------------------------

    def create_token(self, user: str, label: str) -> tuple[str, str]:
        """Return the id of a new token and its secret, which is shown only this once.

        Raises AccountError: unknown user.
        """
        token_id, secret = self._new_id(), TOKEN_PREFIX + self._new_secret()
        row = {
            "id": token_id,
            "user_name": user,
            "digest": _digest(secret),
            "label": label,
            "created_at": self._clock(),
        }
        with self._database.transaction() as transaction:
            known = transaction.execute(select(users.c.name).where(users.c.name == user))
            if known.first() is None:
                raise AccountError(f"there is no user {user!r}")
            transaction.execute(insert(tokens), row)
        return token_id, secret

    def revoke_token(self, token_id: str) -> None:
        """Let nobody in with this token any more. Safe to repeat. Raises AccountError: unknown."""
        with self._database.transaction() as transaction:
            revoked = transaction.execute(
                update(tokens)
                .where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None))
                .values(revoked_at=self._clock())
            )
            if revoked.rowcount == 0:
                known = transaction.execute(select(tokens.c.id).where(tokens.c.id == token_id))
                if known.first() is None:
                    raise AccountError(f"there is no token {token_id!r}")

    def tokens(self) -> list[Token]:
        """Return every token, revoked ones too, oldest first."""
        rows = self._database.query(select(tokens).order_by(tokens.c.created_at, tokens.c.id))
        return [
            Token(row["id"], row["user_name"], row["label"], row["created_at"], row["revoked_at"])
            for row in rows
        ]

    # --- letting in -----------------------------------------------------------------------------

    def authenticate_token(self, secret: str) -> User | None:
        """Return whose token this is, disabled or not; None: nobody's, or revoked."""
        # Looked up by digest: what can be timed is the digest, from which nothing can be learnt.
        rows = self._database.query(
            select(users)
            .join(tokens, tokens.c.user_name == users.c.name)
            .where(tokens.c.digest == _digest(secret), tokens.c.revoked_at.is_(None))
        )
        return _user(rows[0]) if rows else None

    def authenticate_password(self, name: str, password: str) -> User | None:
        """Return the user, disabled or not; None: unknown user or wrong password.

        Takes as long for a user that does not exist (some 50 ms and 64 MiB, by design).
        """
        if len(password) > LONGEST_PASSWORD or not _NAME.fullmatch(name):
            return None
        rows = self._database.query(select(users).where(users.c.name == name))
        if not rows or rows[0]["password_hash"] is None:
            self._hasher.hash(password)
            return None
        try:
            self._hasher.verify(rows[0]["password_hash"], password)
        except VerificationError:
            return None
        return _user(rows[0])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _user(row: RowMapping) -> User:
    return User(
        row["name"],
        row["superuser"],
        row["disabled"],
        row["password_hash"] is not None,
        row["created_at"],
    )
