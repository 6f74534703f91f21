"""Watches over the chain of polls: where it has broken, a new one begins."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.poll_chain import PollChain
from schemas.components import PLATFORM
from store.audit import MUNIMENT
from store.components import polls, settings
from store.components.pollers import pollers
from store.components.ports import Poll
from store.database import Database

PATIENCE = timedelta(seconds=60)
"""By how much a poll may be later than any is meant to be, until its chain counts as broken."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PollWatch:
    """Revives the polling of the platform, when told to look."""

    database: Database
    chain: PollChain
    clock: Callable[[], datetime]

    def revive(self) -> bool:
        """Begin a new chain where the old one has broken; True: it had. Raises UnavailableError.

        That is where somebody is there to poll, and yet no poll was made for longer than any may
        take: its event was parked or lost, its schedule paused, or the clock put back. Safe to
        repeat, and to run in several processes.
        """
        now = self.clock()
        poll = polls.find(self.database, PLATFORM)
        if poll is None or not poll.running or not self._is_broken(poll, now):
            return False
        with self.database.transaction() as transaction:
            held = polls.hold(transaction, PLATFORM, now)
            if held != poll:
                return False  # it has gone on meanwhile, or another process was quicker
            self.chain.begin(transaction, held, held.url, MUNIMENT, now)
        _log.warning("no poll was made since %s: polling is restarted", poll.next_at)
        return True

    def _is_broken(self, poll: Poll, now: datetime) -> bool:
        last = poll.polled_at if poll.round > 1 and poll.polled_at else poll.changed_at
        if last > now + PATIENCE:
            return True  # the clock was put back
        since = pollers(self.database, now).since
        if since is None or poll.next_at is None:
            return False  # it goes on when somebody is there again
        longest = timedelta(seconds=int(settings.read(self.database, PLATFORM)["max_sec"]))
        return now > max(since, poll.next_at) + longest + PATIENCE
