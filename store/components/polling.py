"""The chain of polls: each that was made puts the next into the schedules."""

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic_core import to_json

from schemas.polls import PollRequested
from store import schedules
from store.audit import MUNIMENT
from store.components import polls, settings
from store.components.ports import Answer, Poll
from store.database import Database, Transaction
from store.schedules import Schedule


def schedule_name(component: str) -> str:
    """Return what the schedule of a component's next poll is called."""
    return f"poll:{component}"


class SqlPolls:
    """Polling within one transaction, and on behalf of one event; satisfies `Polls`."""

    def __init__(
        self, transaction: Transaction, database: Database, key: str, chance: Callable[[], float]
    ) -> None:
        self._transaction = transaction
        self._database = database
        self._key = key
        self._chance = chance

    def next(self, component: str, generation: int, number: int) -> Poll | None:
        """See `Polls`."""
        poll = polls.find(self._database, component)
        if poll is None or not poll.running:
            return None
        return poll if (poll.generation, poll.round) == (generation, number) else None

    def claim(self, due: Poll) -> bool:
        """See `Polls`."""
        if self._transaction.begun:
            # Its transaction would wait for ours, and ours for it.
            raise RuntimeError("a poll is claimed before the first row is touched, not after")
        return polls.claim(self._database, due, self._key)

    def advance(self, made: Poll, answer: Answer, polled_at: datetime) -> bool:
        """See `Polls`."""
        seconds = self._drawn(made.name)
        due_at = polled_at + timedelta(seconds=seconds)
        advanced = polls.advance(
            self._transaction,
            made,
            outcome=answer.words,
            succeeded=answer.succeeded,
            polled_at=polled_at,
            next_at=due_at,
        )
        if advanced:
            event = PollRequested(
                component=made.name, generation=made.generation, round=made.round + 1
            )
            schedule = Schedule(
                name=schedule_name(made.name),
                type=event.TYPE,
                data=to_json(event).decode(),
                due_at=due_at,
                next_at=due_at,
                every_seconds=None,
                jitter_seconds=0,
                catch_up="one",
                paused=False,
                changed_at=polled_at,
                changed_by=MUNIMENT,
            )
            schedules.put(self._transaction, schedule, replace=True)
        return advanced

    def _drawn(self, component: str) -> int:
        """Return a whole number of seconds, each within the bounds as likely as the others."""
        said = settings.read_now(self._transaction, component)
        shortest, longest = int(said["min_sec"]), int(said["max_sec"])
        return shortest + int(self._chance() * (longest - shortest + 1))
