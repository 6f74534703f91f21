"""Accounts: who gets in. Passwords are kept as argon2id, tokens as SHA-256; no secret is kept.

There are three ranks. A user may write. An *operator* may also decide about what is parked, and
schedule. A *superuser* may do everything, in every project.

Each change is told to the audit in its own transaction. `by` is who makes it: `user:NAME`, or `cli`
for whoever reaches the database; of secrets it is told that they are others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from store import audit
from store.audit import MUNIMENT
from store.database import Database, Transaction
from store.entrance import (
    LONGEST_PASSWORD,
    SOMEBODY,
    TOKEN_PREFIX,
    Entrance,
    User,
    digest_of,
    user_of,
)
from store.errors import MunimentError
from store.tables import tokens, users
from store.user_names import ANONYMOUS, LONGEST_USER_NAME, RULE, user_name

SHORTEST_PASSWORD = 8
"""Characters."""

_SUPERUSERS = SOMEBODY.where(users.c.superuser, ~users.c.disabled)
"""Who may do everything, and gets in."""
_HASH = "password_hash"


class AccountError(MunimentError):
    """This cannot be done to this account; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a user, without its secret."""

    id: str
    user: str
    label: str
    created_at: datetime
    revoked_at: datetime | None


class Accounts(Entrance):
    """Users and their tokens. Safe to use from many threads; every method blocks."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        new_secret: Callable[[], str],
    ) -> None:
        """Keep accounts in `database`; `new_secret` returns 256 random bits as URL-safe text."""
        super().__init__(database)
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    # --- users ----------------------------------------------------------------------------------

    def add_user(
        self,
        name: str,
        password: str | None,
        *,
        superuser: bool = False,
        operator: bool = False,
        by: str = MUNIMENT,
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
        rights = {"superuser": superuser, "operator": operator, "password": password is not None}
        try:
            with self._database.transaction() as transaction:
                transaction.execute(insert(users), row)
                self._note(transaction, by, what=f"user:{kept}", field="user", new=rights)
        except IntegrityError as error:
            raise AccountError(f"there is a user {kept!r} already") from error
        return kept

    def set_password(self, name: str, password: str, *, by: str = MUNIMENT) -> None:
        """Replace the user's password. Raises AccountError: unknown, or not a password."""
        self._change(name, {"password_hash": self._hash(password)}, by)

    def disable(self, name: str, *, by: str = MUNIMENT, spare_last: bool = False) -> None:
        """Let the user in no more, by password or token.

        Raises AccountError: unknown, or, with `spare_last`, the last superuser who gets in.
        """
        self._change(name, {"disabled": True}, by, spare_last=spare_last)

    def enable(self, name: str, *, by: str = MUNIMENT) -> None:
        """Let a disabled user in again. Raises AccountError: unknown."""
        self._change(name, {"disabled": False}, by)

    def set_role(
        self,
        name: str,
        *,
        superuser: bool | None,
        operator: bool | None,
        by: str = MUNIMENT,
        spare_last: bool = False,
    ) -> User:
        """Give rights or take them, and return the user as it is now; None leaves one as it is.

        Raises AccountError: unknown, or, with `spare_last`, the last superuser who gets in.
        """
        rights = {"superuser": superuser, "operator": operator}
        asked = {name: right for name, right in rights.items() if right is not None}
        return self._change(name, asked, by, spare_last=spare_last)

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
        found = map(user_of, self._database.query(SOMEBODY))
        return sorted(found, key=lambda user: user.name)

    def _change(
        self, name: str, values: Mapping[str, object], by: str, *, spare_last: bool = False
    ) -> User:
        somebody = SOMEBODY.where(users.c.name == user_name(name))
        with self._database.transaction() as transaction:
            if spare_last:
                # Held by all who ask for this: two of the last two do not remove each other.
                transaction.execute(_SUPERUSERS.order_by(users.c.name).with_for_update())
            row = transaction.execute(somebody.with_for_update()).mappings().first()
            if row is None:
                raise _unknown(name)
            changed = {field: value for field, value in values.items() if row[field] != value}
            if not changed:
                return user_of(row)
            change = update(users).where(users.c.name == row["name"]).values(changed)
            now = transaction.execute(change.returning(users)).mappings().one()
            if spare_last and transaction.execute(_SUPERUSERS).first() is None:
                raise AccountError(f"{row['name']} is the last superuser who gets in")
            told = f"user:{row['name']}"
            for field, value in changed.items():
                if field == _HASH:
                    self._note(transaction, by, what=told, field="password", new="changed")
                else:
                    old = row[field]
                    self._note(transaction, by, what=told, field=field, old=old, new=value)
        return user_of(now)

    def _note(  # noqa: PLR0913 - a line has so many parts
        self,
        transaction: Transaction,
        by: str,
        *,
        what: str,
        field: str,
        old: object = None,
        new: object = None,
    ) -> None:
        now = self._clock()
        audit.write(transaction, at=now, who=by, what=what, field=field, old=old, new=new)

    def _hash(self, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise AccountError(
                f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
            )
        return self._hasher.hash(password)

    # --- tokens ---------------------------------------------------------------------------------

    def create_token(
        self, user: str, label: str, *, by: str = MUNIMENT, token_id: str | None = None
    ) -> tuple[str, str]:
        """Return the id of a new token and its secret, which is shown only this once.

        With a `token_id` it is made once, however often it is asked for. Raises AccountError:
        unknown user, or made already.
        """
        owner = self._find(user)
        if owner is None:
            raise _unknown(user)
        token_id, secret = token_id or self._new_id(), TOKEN_PREFIX + self._new_secret()
        row = {
            "id": token_id,
            "user_name": owner["name"],
            "digest": digest_of(secret),
            "label": label,
            "created_at": self._clock(),
        }
        # Users are never removed: whom it belongs to is still there.
        try:
            with self._database.transaction() as transaction:
                transaction.execute(insert(tokens), row)
                told = {"user": owner["name"], "label": label}
                self._note(transaction, by, what=f"token:{token_id}", field="token", new=told)
        except IntegrityError as error:
            raise AccountError(f"the token {token_id} has been made already") from error
        return token_id, secret

    def revoke_token(self, token_id: str, *, by: str = MUNIMENT) -> None:
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
                return
            self._note(
                transaction, by, what=f"token:{token_id}", field="revoked", old=False, new=True
            )

    def tokens(self) -> list[Token]:
        """Return every token, revoked ones too, oldest first."""
        rows = self._database.query(select(tokens).order_by(tokens.c.created_at, tokens.c.id))
        return [
            Token(row["id"], row["user_name"], row["label"], row["created_at"], row["revoked_at"])
            for row in rows
        ]


def _unknown(name: str) -> AccountError:
    return AccountError(f"there is no user {name[:LONGEST_USER_NAME]!r}")
