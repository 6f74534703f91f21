"""The chain of polls of a platform, and how it begins and ends.

A start accepts the event of its first round, and each poll that was made puts the next into the
schedules (`store.components.polling`).
"""

from dataclasses import dataclass
from datetime import datetime

from producers.stamping import Stamp
from schemas.polls import PollRequested
from store import audit, schedules
from store.components import polls
from store.components.polling import schedule_name
from store.components.ports import Poll
from store.database import Transaction
from store.ledger import Entry, Ledger


@dataclass(frozen=True, slots=True)
class PollChain:
    """Begins and ends chains, each with its audit line, in the caller's transaction.

    `held` is the row as `polls.hold` has returned it.
    """

    ledger: Ledger
    stamp: Stamp

    def begin(
        self, transaction: Transaction, held: Poll, url: str, who: str, now: datetime
    ) -> None:
        """Begin a chain, whose first poll is due now; what is left of the one before is over.

        Call it last in the transaction: it locks.
        """
        begun = polls.begin(transaction, held, url, now)
        schedules.remove(transaction, [schedule_name(held.name)])
        self._tell(transaction, held, who, now, "restarted" if held.running else "running")
        event = PollRequested(component=begun.name, generation=begun.generation, round=begun.round)
        entry = Entry(self.stamp.put_on(event), "accepted", who, now)
        self.ledger.append(transaction, [entry])

    def end(self, transaction: Transaction, held: Poll, who: str, now: datetime) -> None:
        """End the chain: no poll is made any more but one that is on its way."""
        polls.end(transaction, held, now)
        schedules.remove(transaction, [schedule_name(held.name)])
        self._tell(transaction, held, who, now, "stopped")

    def _tell(self, transaction: Transaction, held: Poll, who: str, at: datetime, new: str) -> None:
        old = "running" if held.running else "stopped"
        what = f"component:{held.name}"
        audit.write(transaction, at=at, who=who, what=what, field="polling", old=old, new=new)
