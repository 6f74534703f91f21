"""Starts and stops the polling of the platform, and tells the truth about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from producers.poll_chain import PollChain
from schemas.components import PLATFORM
from store.components import polls, settings
from store.components.pollers import POLLER, pollers
from store.components.ports import Poll
from store.database import Database, Transaction

_LATE = timedelta(seconds=30)
"""By how much a poll may be late until people are told."""


@dataclass(frozen=True, slots=True)
class PollState:
    """How it stands with polling."""

    running: bool
    """Polls are being made: it was started, and somebody is there to make them."""
    wanted: bool
    """It was started, and not stopped since."""
    trouble: str | None
    """Why no polls are made though they are wanted, in words; None: they are, or none is wanted."""
    url: str
    """What is polled; where nothing is, what would be."""
    next_at: datetime | None
    """When the next poll is due; None: none is."""
    polled_at: datetime | None
    """When the last poll ended; None: there was none."""
    outcome: str | None
    """What came of it, in words."""
    succeeded: int
    failed: int
    min_sec: int
    """Seconds between two polls, from the next one on."""
    max_sec: int


@dataclass(frozen=True, slots=True)
class Polling:
    """Polling as operators and clients see it. Its methods raise UnavailableError."""

    database: Database
    chain: PollChain
    clock: Callable[[], datetime]
    service_url: str
    """What is polled unless an operator has said otherwise."""

    def start(self, transaction: Transaction, who: str) -> None:
        """Have polls made from now on; where they are, change nothing.

        Call it last in the transaction: it locks.
        """
        now = self.clock()
        held = polls.hold(transaction, PLATFORM, now)
        if not held.running:
            said = settings.read_now(transaction, PLATFORM)
            url = said["service_url"] or self.service_url
            self.chain.begin(transaction, held, url, who, now)

    def stop(self, transaction: Transaction, who: str) -> None:
        """Have no polls made any more; where none are, change nothing."""
        now = self.clock()
        held = polls.hold(transaction, PLATFORM, now)
        if held.running:
            self.chain.end(transaction, held, who, now)

    def state(self) -> PollState:
        """Return how it stands."""
        now = self.clock()
        said = settings.read(self.database, PLATFORM)
        poll = polls.find(self.database, PLATFORM)
        wanted = poll is not None and poll.running
        trouble = None if poll is None or not wanted else self._trouble(poll, now)
        url = said["service_url"] or self.service_url
        return PollState(
            running=wanted and trouble is None,
            wanted=wanted,
            trouble=trouble,
            url=url if poll is None or not wanted else poll.url,
            next_at=None if poll is None else poll.next_at,
            polled_at=None if poll is None else poll.polled_at,
            outcome=None if poll is None else poll.outcome,
            succeeded=0 if poll is None else poll.succeeded,
            failed=0 if poll is None else poll.failed,
            min_sec=int(said["min_sec"]),
            max_sec=int(said["max_sec"]),
        )

    def _trouble(self, poll: Poll, now: datetime) -> str | None:
        there = pollers(self.database, now)
        if there.waits_for is not None:
            return f"who polls waits for its {there.waits_for}"
        if there.since is None:
            return f"nobody is there who polls: start one with `muniment consume {POLLER}`"
        if poll.next_at is not None and now > max(there.since, poll.next_at) + _LATE:
            due = poll.next_at.replace(microsecond=0, tzinfo=None).isoformat()
            return f"the poll due at {due}Z was not made; polling is restarted by itself soon"
        return None
