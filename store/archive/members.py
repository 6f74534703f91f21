"""Of which proposals somebody is a member: the portal says so, and is believed for a while.

Who was a member of none is looked up again the next time, as new users are told to wait for
nothing. A portal that does not answer leaves everybody a member of what they were, and is then left
alone for a while: nobody's search waits for it twice.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from store.archive.portal_ports import Portal
from store.archive.user_rows import ArchiveUser
from store.archive.users import ArchiveUsers
from store.errors import PortalUnavailableError

REST = timedelta(seconds=30)
"""So long is a portal left alone that has given no answer."""
AGAIN = timedelta(seconds=2)
"""So long is nothing asked again about one user, whatever the reason."""

_log = logging.getLogger(__name__)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ArchiveMembers:
    """Knows of which proposals users are members. Safe to use from many threads."""

    def __init__(
        self,
        users: ArchiveUsers,
        portal: Portal,
        clock: Callable[[], datetime],
        believed: timedelta,
    ) -> None:
        """Believe the portal so long."""
        self._users = users
        self._portal = portal
        self._clock = clock
        self._believed = believed
        self._lock = Lock()
        self._rests_until = _LONG_AGO

    def due(self, user: ArchiveUser) -> bool:
        """Return, at once, whether it is time to ask about a user, who was read only just now."""
        at = user.proposals_at
        fresh = at is not None and bool(user.proposals) and self._clock() - at < self._believed
        return not fresh and self._may_ask(user)

    def ask(self, user: ArchiveUser) -> frozenset[str]:
        """Return of which proposals a user is a member, from the portal if it may be asked now.

        `user` was read only just now. Blocks, for many seconds if the portal is slow.
        """
        if not self._may_ask(user) or user.portal_token is None:
            return user.proposals
        asked_at = self._clock()
        try:
            found = self._portal.proposals(user.portal_token)
        except PortalUnavailableError as error:
            with self._lock:
                self._rests_until = self._clock() + REST
            _log.warning("%s: members of proposals stay as they were", error)
            return user.proposals
        self._users.keep_proposals(user.name, found, asked_at)
        return found

    def _may_ask(self, user: ArchiveUser) -> bool:
        now, at = self._clock(), user.proposals_at
        only_just = at is not None and now - at < AGAIN
        return (
            user.from_portal
            and user.portal_token is not None
            and not only_just
            and now >= self._rests_until
        )
