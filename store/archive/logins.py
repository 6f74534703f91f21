"""Letting somebody into the archive by password or by an OAuth token of the observation portal.

Local accounts go first, and the portal is never shown what was typed for one. Of its own users the
portal is asked; while it gives no answer, the password that it let in last does.
"""

import logging

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from store.accounts import AccountError, Accounts
from store.archive.portal_ports import Portal, Profile
from store.archive.user_rows import ArchiveUser
from store.archive.users import ArchiveUsers
from store.entrance import LONGEST_PASSWORD
from store.errors import PortalUnavailableError

_log = logging.getLogger(__name__)


class ArchiveLogins:
    """Says who somebody is. Safe to use from many threads; every method blocks."""

    def __init__(self, users: ArchiveUsers, accounts: Accounts, portal: Portal) -> None:
        """Ask these."""
        self._users = users
        self._accounts = accounts
        self._portal = portal
        self._hasher = PasswordHasher()

    def by_local_password(self, name: str, password: str) -> ArchiveUser | None:
        """Return whose password this is among Muniment's accounts, disabled or not.

        Takes some 50 ms and 64 MiB, by design.
        """
        account = self._accounts.authenticate_password(name, password)
        return None if account is None else self._users.find(account.name)

    def by_portal_password(self, name: str, password: str) -> ArchiveUser | None:
        """Return whose password this is at the portal, disabled or not.

        Nobody's, for a name that a local account has. Raises PortalUnavailableError when it does
        not answer, and never let this user in by this password.
        """
        if not self._portal.present or not password or len(password) > LONGEST_PASSWORD:
            return None
        known = self._users.find(name)
        if known is not None and not known.from_portal:
            return None
        try:
            profile = self._portal.log_in(name, password)
        except PortalUnavailableError as error:
            kept = self._users.kept_password(name)
            if known is None or kept is None or not self._fits(kept, password):
                raise
            _log.warning("%s: %s was let in by the password it took last", error, known.name)
            return known
        if profile is None:
            return None
        return self._kept(profile, self._hashed(profile, password))

    def by_bearer(self, token: str) -> ArchiveUser | None:
        """Return whose OAuth token this is at the portal, disabled or not; None: nobody's.

        Raises PortalUnavailableError: it does not answer, or not so that it can be understood.
        """
        try:
            profile = self._portal.profile(token)
        except PortalUnavailableError as error:
            if error.answered:
                # Any status but 200 says so, in the original.
                return None
            raise
        return None if profile is None else self._kept(profile)

    def _kept(self, profile: Profile, password_hash: str | None = None) -> ArchiveUser | None:
        try:
            return self._users.keep(profile, password_hash)
        except AccountError as error:
            _log.warning("a user of the portal was not let in: %s", error)
            return None

    def _hashed(self, profile: Profile, password: str) -> str | None:
        """Return the digest to keep; None: that which is kept is of this password."""
        kept = self._users.kept_password(profile.username)
        if kept is not None and self._fits(kept, password):
            return None
        return self._hasher.hash(password)

    def _fits(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except VerificationError:
            return False
