"""Who somebody is, by what they bring: asked of accounts and portal once in some seconds.

So long may a token that was revoked through another process, or a user who was disabled, still be
let in; what is changed through this process counts at once.
"""

from http_ingress.archive.answers import Refused, detail
from http_ingress.archive.user_ports import UserPorts
from http_ingress.problems import RETRY_SOON
from http_ingress.remembering import Remembering
from http_ingress.threads import Threads
from store.archive.members import AGAIN
from store.archive.user_rows import ArchiveUser
from store.entrance import TOKEN_PREFIX

REMEMBERED_SECONDS = 10.0

_MOST_PASSWORDS = 16
_MOST_BEARERS = 64
"""That may wait to be verified at once."""


class Porter:
    """Knows the archive's users by what they bring; belongs to one event loop."""

    def __init__(self, ports: UserPorts, threads: Threads, secret: str) -> None:
        """`secret` keys the digests under which credentials are remembered."""
        self._ports = ports
        self._threads = threads
        self._known: Remembering[ArchiveUser | None] = Remembering(secret, REMEMBERED_SECONDS)
        self._members: Remembering[frozenset[str]] = Remembering(secret, REMEMBERED_SECONDS)
        self._again: Remembering[frozenset[str]] = Remembering(secret, AGAIN.total_seconds())
        self._passwords = 0
        self._bearers = 0

    async def by_token(self, key: str) -> ArchiveUser | None:
        """Return whose token this is, disabled or not; None: nobody's."""
        return await self._known.get(
            ("token", key), lambda: self._threads.query(self._ports.users.authenticate, key)
        )

    async def by_bearer(self, token: str) -> ArchiveUser | None:
        """Return whose OAuth token this is, disabled or not; None: nobody's.

        One of Muniment's own is as good here, and never shown to the portal. Raises
        PortalUnavailableError.
        """
        if token.startswith(TOKEN_PREFIX):
            return await self.by_token(token)
        return await self._known.get(("bearer", token), lambda: self._bearer(token))

    async def by_name(self, name: str) -> ArchiveUser | None:
        """Return the user of this name, disabled or not."""
        return await self._known.get(
            ("name", name), lambda: self._threads.query(self._ports.users.find, name)
        )

    async def by_password(self, name: str, password: str) -> ArchiveUser | None:
        """Return whose password this is, disabled or not; None: nobody's.

        Raises Refused when too many wait to be verified, and PortalUnavailableError.
        """
        if self._passwords >= _MOST_PASSWORDS:
            raise _busy("Too many passwords wait to be verified.")
        self._passwords += 1
        logins = self._ports.logins
        try:
            user = await self._threads.password(logins.by_local_password, name, password)
            if user is None:
                user = await self._threads.portal(logins.by_portal_password, name, password)
        finally:
            self._passwords -= 1
        if user is not None and user.from_portal:
            self.forget()
        return user

    async def proposals(self, user: ArchiveUser) -> frozenset[str]:
        """Return of which proposals a user is a member."""
        if not user.from_portal:
            return user.proposals
        return await self._members.get(("member", user.name), lambda: self._looked_up(user))

    async def proposals_again(self, user: ArchiveUser) -> frozenset[str]:
        """Return the same, and have the portal asked unless it was only just now."""
        if not user.from_portal:
            return user.proposals
        found = await self._again.get(("member", user.name), lambda: self._asked(user))
        self._members.forget()
        return found

    async def _looked_up(self, user: ArchiveUser) -> frozenset[str]:
        newest = await self._newest(user)
        members = self._ports.members
        if not members.due(newest):
            return newest.proposals
        return await self._threads.members(members.ask, newest)

    async def _asked(self, user: ArchiveUser) -> frozenset[str]:
        return await self._threads.members(self._ports.members.ask, await self._newest(user))

    async def _newest(self, user: ArchiveUser) -> ArchiveUser:
        return await self._threads.query(self._ports.users.find, user.name) or user

    def forget(self) -> None:
        """Ask anew who everybody is: somebody has changed."""
        self._known.forget()
        self._members.forget()
        self._again.forget()

    async def _bearer(self, token: str) -> ArchiveUser | None:
        if self._bearers >= _MOST_BEARERS:
            raise _busy("Too many tokens wait to be verified by the observation portal.")
        self._bearers += 1
        try:
            return await self._threads.portal(self._ports.logins.by_bearer, token)
        finally:
            self._bearers -= 1


def _busy(text: str) -> Refused:
    return detail(503, text, dict(RETRY_SOON))
