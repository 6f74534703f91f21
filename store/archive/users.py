"""Users of the science archive: their tokens, ranks and proposals there.

Whoever has an account has one archive token, 40 hex digits as OCS Science Archive 2.7 gives them.
It is made of the archive's secret, the name and a generation whenever it is asked for; only its
digest is kept, to find its user by. To revoke it is to begin the next generation.

A rank here is a rank in the archive alone: the observation portal's superusers are none of
Muniment's. And an account that the portal did not make is none of its business: who comes from
there under the name of one is refused (`NameTakenError`), so that nobody gets the rights of a local
account, changes it or locks it out by choosing its name at the portal. What an operator has
disabled the portal does not enable.
"""

import hmac
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic_core import to_json
from sqlalchemy import RowMapping, Select, Update, case, insert, or_, select, update

from store.accounts import AccountError
from store.archive.portal_ports import Profile
from store.archive.user_rows import EVERYBODY, ArchiveUser, user_of
from store.database import Database, Transaction
from store.entrance import TOKEN_PREFIX
from store.tables import archive_users, tokens, users
from store.user_names import ANONYMOUS, user_name

_HEX_DIGITS = 40
"""Of a token: 160 of 256 bits, as long as those of the original."""


class NameTakenError(AccountError):
    """Somebody of the portal is called like an account that the portal did not make."""


class ArchiveUsers:
    """Users as the archive knows them. Safe to use from many threads; every method blocks."""

    def __init__(
        self, database: Database, secret: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        """Keep users in `database`; `secret` returns what tokens are made of."""
        self._database = database
        self._secret = secret
        self._clock = clock

    # --- who is there ---------------------------------------------------------------------------

    def find(self, name: str) -> ArchiveUser | None:
        """Return the user of this name, disabled or not."""
        rows = self._database.query(EVERYBODY.where(users.c.name == user_name(name)))
        return user_of(rows[0]) if rows else None

    def users(self) -> list[ArchiveUser]:
        """Return everybody, by name."""
        return sorted(map(user_of, self._database.query(EVERYBODY)), key=lambda user: user.name)

    def authenticate(self, key: str) -> ArchiveUser | None:
        """Return whose token this is, disabled or not; None: nobody's, or revoked.

        Archive tokens go first, then those of the portal; one that begins with `mnt_` is a token
        of Muniment's accounts and nothing else.
        """
        # Looked up by digest: what can be timed is the digest, from which nothing can be learnt.
        wanted = digest(key)
        found: Select[Any]
        if key.startswith(TOKEN_PREFIX):
            found = EVERYBODY.join(tokens, tokens.c.user_name == users.c.name).where(
                tokens.c.digest == wanted, tokens.c.revoked_at.is_(None)
            )
        else:
            own = archive_users.c.token_digest == wanted
            either = or_(own, archive_users.c.portal_digest == wanted)
            found = EVERYBODY.where(either).order_by(case((own, 0), else_=1))
        rows = self._database.query(found)
        return user_of(rows[0]) if rows else None

    def kept_password(self, name: str) -> str | None:
        """Return the digest of the password with which the portal let this user in last."""
        rows = self._database.query(
            select(archive_users.c.password_hash).where(
                archive_users.c.user_name == user_name(name), archive_users.c.from_portal
            )
        )
        return rows[0]["password_hash"] if rows else None

    # --- tokens ---------------------------------------------------------------------------------

    def token(self, name: str) -> str:
        """Return the user's archive token. Raises AccountError: unknown."""
        row = self._row(name)
        key = self._key(row["user_name"], row["generation"])
        if row["token_digest"] != digest(key):
            # The secret is another than it was: tokens that were made of the old one end with this.
            self._change(row["user_name"], {"token_digest": digest(key)})
        return key

    def revoke(self, name: str) -> None:
        """End the user's archive token: from now on there is another. Raises AccountError."""
        with self._database.transaction() as transaction:
            row = self._taken(transaction, name)
            following = row["generation"] + 1
            new = {
                "generation": following,
                "token_digest": digest(self._key(row["user_name"], following)),
            }
            transaction.execute(_of(row["user_name"]).values(new))

    def _key(self, name: str, generation: int) -> str:
        said = f"archive token\0{name}\0{generation}".encode()
        return hmac.new(self._secret().encode(), said, sha256).hexdigest()[:_HEX_DIGITS]

    # --- ranks and proposals --------------------------------------------------------------------

    def set_rank(self, name: str, *, staff: bool | None, superuser: bool | None) -> ArchiveUser:
        """Give rights in the archive or take them, and return the user as it is now.

        None leaves a right as it is. The portal may change it again for those it keeps. Raises
        AccountError: unknown.
        """
        given = {"staff": staff, "superuser": superuser}
        values = {right: value for right, value in given.items() if value is not None}
        row = self._row(name)
        if values:
            self._change(row["user_name"], values)
        return self._found(row["user_name"])

    def set_proposals(self, name: str, proposals: Collection[str]) -> ArchiveUser:
        """Make a local user a member of these proposals and of no others; return it as it is now.

        Raises AccountError: unknown, or the portal says of which proposals this user is a member.
        """
        row = self._row(name)
        if row["from_portal"]:
            raise AccountError(f"of which proposals {name!r} is a member says the portal")
        self._change(row["user_name"], {"proposals": _written(proposals)})
        return self._found(row["user_name"])

    def keep_proposals(self, name: str, proposals: Collection[str], at: datetime) -> None:
        """Keep what the portal said at that time; those it does not keep stay as they are."""
        told = {"proposals": _written(proposals), "proposals_at": at}
        self._database.run(_of(name).where(archive_users.c.from_portal).values(told))

    # --- the portal's users ---------------------------------------------------------------------

    def keep(self, profile: Profile, password_hash: str | None = None) -> ArchiveUser:
        """Create or update a user as the portal describes it, and return it.

        `password_hash` is of the password by which it let the user in; None: leave what is kept.
        Raises NameTakenError, and AccountError: that is no user name here.
        """
        name = user_name(profile.username)
        if name is None or name != profile.username or name == ANONYMOUS:
            # One spelling only: no two users of the portal may become one of ours.
            raise AccountError(f"{profile.username[:80]!r} is not a user name here")
        told = _told(profile)
        if password_hash is not None:
            told["password_hash"] = password_hash
        if not self._is_so(name, told):
            with self._database.transaction() as transaction:
                self._write(transaction, name, told)
        return self._found(name)

    def _is_so(self, name: str, told: Mapping[str, object]) -> bool:
        rows = self._database.query(_row_of(name))
        return bool(rows) and rows[0]["from_portal"] and told.items() <= dict(rows[0]).items()

    def _write(self, transaction: Transaction, name: str, told: Mapping[str, object]) -> None:
        account = {"name": name, "superuser": False, "operator": False, "disabled": False}
        made = transaction.insert_new(users, {**account, "created_at": self._clock()})
        # Who has lost a race for the name waited for the winner, and sees its row.
        row = transaction.execute(_row_of(name)).mappings().first()
        if made == 0 and (row is None or not row["from_portal"]):
            raise NameTakenError(f"there is a local account {name!r}: the portal has no part in it")
        if told.get("portal_digest") is not None:
            # The portal says whose a token of its own is.
            transaction.execute(
                update(archive_users)
                .where(archive_users.c.portal_digest == told["portal_digest"])
                .where(archive_users.c.user_name != name)
                .values(portal_token=None, portal_digest=None)
            )
        if row is None:
            transaction.execute(insert(archive_users), {**self._first(name), **told})
        else:
            transaction.execute(_of(name).values(told))

    # --- rows -----------------------------------------------------------------------------------

    def _row(self, name: str) -> RowMapping:
        """Return the archive's row of a user, made if need be. Raises AccountError: unknown."""
        rows = self._database.query(_row_of(user_name(name)))
        if rows:
            return rows[0]
        with self._database.transaction() as transaction:
            return self._taken(transaction, name)

    def _taken(self, transaction: Transaction, name: str) -> RowMapping:
        kept = user_name(name)
        known = select(users.c.name).where(users.c.name == kept, users.c.name != ANONYMOUS)
        if kept is None or transaction.execute(known).first() is None:
            raise AccountError(f"there is no user {name[:80]!r}")
        transaction.insert_new(archive_users, self._first(kept))
        return transaction.execute(_row_of(kept).with_for_update()).mappings().one()

    def _first(self, name: str) -> dict[str, object]:
        return {
            "user_name": name,
            "generation": 1,
            "token_digest": digest(self._key(name, 1)),
            "staff": False,
            "superuser": False,
            "from_portal": False,
            "email": "",
            "first_name": "",
            "last_name": "",
        }

    def _change(self, name: str, values: Mapping[str, object]) -> None:
        self._database.run(_of(name).values(values))

    def _found(self, name: str) -> ArchiveUser:
        user = self.find(name)
        if user is None:
            raise AccountError(f"there is no user {name[:80]!r}")
        return user


def digest(key: str) -> str:
    """Return under what a token is kept."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()


def _told(profile: Profile) -> dict[str, object]:
    told: dict[str, object] = {
        "from_portal": True,
        "email": profile.email,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
    }
    if profile.api_token is not None:
        # An empty one lets nobody in.
        token = profile.api_token or None
        told |= {"portal_token": token, "portal_digest": None if token is None else digest(token)}
    ranks = {"staff": profile.staff, "superuser": profile.superuser}
    return told | {rank: value for rank, value in ranks.items() if value is not None}


def _row_of(name: str | None) -> Select[Any]:
    return select(archive_users).where(archive_users.c.user_name == name)


def _of(name: str) -> Update:
    return update(archive_users).where(archive_users.c.user_name == name)


def _written(proposals: Collection[str]) -> str:
    return to_json(sorted(set(proposals))).decode()
