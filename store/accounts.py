"""Accounts: who gets in. Passwords are kept as argon2id, tokens as SHA-256; no secret is kept.

There are three ranks. A user may write. An *operator* may also decide about what is parked, and
schedule. A *superuser* may do everything, in every project.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.errors import MunimentError
from store.tables import tokens, users
from store.user_names import ANONYMOUS, LONGEST_USER_NAME, RULE, user_name

TOKEN_PREFIX = "mnt_"  # noqa: S105 - public: by it people and scanners recognise a token
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024
"""Characters; hashing more is only work for the server."""

_SOMEBODY = select(users).where(users.c.name != ANONYMOUS)
"""Before that name was reserved, it could be given away."""


class AccountError(MunimentError):
    """This cannot be done to this account; the message says why."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, or some program, that may be let in."""

    name: str
    superuser: bool
    """May do everything, in every project."""
    operator: bool
    """May decide about parked events, and schedule."""
    disabled: bool
    has_password: bool
    created_at: datetime

    @property
    def may_administer(self) -> bool:
        """Whether this user may decide about what is parked, and schedule."""
        return self.superuser or self.operator


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

    def add_user(
        self, name: str, password: str | None, *, superuser: bool = False, operator: bool = False
    ) -> str:
        """Add a user, and return its name as it is kept.

        One without a password gets in by token only. Raises AccountError: taken or reserved, not a
        user name, or not a password.
        """
        kept = user_name(name)
        if kept is None:
            raise AccountError(f"{name[:80]!r} is not a user name: take {RULE}")
        if kept == ANONYMOUS:
            raise AccountError(
                f"{ANONYMOUS!r} stands for everybody who is not signed in; take another name"
            )
        row = {
            "name": kept,
            "password_hash": None if password is None else self._hash(password),
            "superuser": superuser,
            "operator": operator,
            "disabled": False,
            "created_at": self._clock(),
        }
        try:
            with self._database.transaction() as transaction:
                transaction.execute(insert(users), row)
        except IntegrityError as error:
            raise AccountError(f"there is a user {kept!r} already") from error
        return kept

    def set_password(self, name: str, password: str) -> None:
        """Replace the user's password. Raises AccountError: unknown, or not a password."""
        self._change(name, {"password_hash": self._hash(password)})

    def disable(self, name: str) -> None:
        """Let the user in no more, by password or token. Raises AccountError: unknown."""
        self._change(name, {"disabled": True})

    def enable(self, name: str) -> None:
        """Let a disabled user in again. Raises AccountError: unknown."""
        self._change(name, {"disabled": False})

    def set_role(self, name: str, *, superuser: bool | None, operator: bool | None) -> User:
        """Give rights or take them, and return the user as it is now; None leaves one as it is.

        Raises AccountError: unknown.
        """
        rights = {
            "superuser": users.c.superuser if superuser is None else superuser,
            "operator": users.c.operator if operator is None else operator,
        }
        return self._change(name, rights)

    def exists(self, name: str) -> bool:
        """Return whether something can be granted to this name, which is spelled as it is kept.

        It can to everybody who may get in, and to `anonymous`; not to a disabled user.
        """
        if name == ANONYMOUS:
            return True
        row = self._find(name)
        return row is not None and row["name"] == name and not row["disabled"]

    def users(self) -> list[User]:
        """Return every user, by name."""
        # Sorted here: each database has an order of its own for what is not a to z.
        found = map(_user, self._database.query(_SOMEBODY))
        return sorted(found, key=lambda user: user.name)

    def _change(self, name: str, values: Mapping[str, object]) -> User:
        somebody = update(users).where(users.c.name == user_name(name), users.c.name != ANONYMOUS)
        with self._database.transaction() as transaction:
            changed = transaction.execute(somebody.values(values).returning(users))
            row = changed.mappings().first()
            if row is None:
                raise _unknown(name)
        return _user(row)

    def _find(self, name: str) -> RowMapping | None:
        rows = self._database.query(_SOMEBODY.where(users.c.name == user_name(name)))
        return rows[0] if rows else None

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
        owner = self._find(user)
        if owner is None:
            raise _unknown(user)
        token_id, secret = self._new_id(), TOKEN_PREFIX + self._new_secret()
        row = {
            "id": token_id,
            "user_name": owner["name"],
            "digest": _digest(secret),
            "label": label,
            "created_at": self._clock(),
        }
        # Users are never removed: whom it belongs to is still there.
        with self._database.transaction() as transaction:
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

    def authenticate_token(self, secret: str, *, of: str | None = None) -> User | None:
        """Return whose token this is, disabled or not; None: nobody's, or revoked.

        With `of`, None too for a token of anybody but this user.
        """
        # Looked up by digest: what can be timed is the digest, from which nothing can be learnt.
        rows = self._database.query(
            _SOMEBODY.join(tokens, tokens.c.user_name == users.c.name).where(
                tokens.c.digest == _digest(secret), tokens.c.revoked_at.is_(None)
            )
        )
        if not rows or (of is not None and rows[0]["name"] != user_name(of)):
            return None
        return _user(rows[0])

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
        return _user(row)


def _unknown(name: str) -> AccountError:
    return AccountError(f"there is no user {name[:LONGEST_USER_NAME]!r}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _user(row: RowMapping) -> User:
    return User(
        row["name"],
        row["superuser"],
        row["operator"],
        row["disabled"],
        row["password_hash"] is not None,
        row["created_at"],
    )
