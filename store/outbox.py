"""The outbox: what still has to be published, and when.

Retries and timers are rows with a later `not_before`.

What a process has just committed it publishes from memory; its rows carry a grace period, so that
the sweep, its own or another's, takes them only when that did not happen.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from schemas.envelope import Envelope
from store.database import Database, Transaction
from store.ledger import Departure, envelope_of
from store.tables import events, outbox

GRACE = timedelta(seconds=5)
"""How long fresh rows are left to the process that wrote them."""


@dataclass(frozen=True, slots=True)
class Due:
    """One row that is to be published now."""

    id: str
    envelope: Envelope
    exchange: str
    """Empty: the default exchange, whose routing keys are queues."""
    routing_key: str
    tries: int = 0
    """How often publishing it has failed."""

    @property
    def destination(self) -> str:
        """What may fail on its own: the exchange, or the one queue."""
        return self.exchange or self.routing_key


class Outbox:
    """Writes what is to be published; `offer` gets it, in memory, once it is committed."""

    def __init__(self, new_id: Callable[[], str], offer: Callable[[Sequence[Due]], None]) -> None:
        self._new_id = new_id
        self._offer = offer

    def dispatch(
        self, transaction: Transaction, departures: Sequence[Departure], now: datetime
    ) -> None:
        """Have the events published to their exchanges as soon as they are committed."""
        fresh = [
            Due(self._new_id(), departure.envelope, departure.exchange, departure.routing_key)
            for departure in departures
        ]
        transaction.insert(outbox, [_row(due, now + GRACE) for due in fresh])
        transaction.on_commit(lambda: self._offer(fresh))

    def schedule(
        self, transaction: Transaction, queue: str, envelope: Envelope, not_before: datetime
    ) -> None:
        """Have the event delivered to one queue, not before the given time.

        One such delivery stands at most: where copies of a try end the same way, they meet here.
        """
        put = postgresql.insert if transaction.is_postgresql else sqlite.insert
        row = _row(Due(self._new_id(), envelope, "", queue), not_before)
        newer = {name: row[name] for name in ("attempt", "not_before", "tries")}
        transaction.execute(
            put(outbox)
            .values(row)
            .on_conflict_do_update(
                index_elements=["event_key", "routing_key"],
                index_where=text("exchange = ''"),
                set_=newer,
            )
        )


def take_due(transaction: Transaction, now: datetime, most: int) -> list[Due]:
    """Return the rows that are due for longest, and keep other sweeps off them until commit.

    They come in the order of the ledger, as those of one commit do from memory.
    """
    statement = (
        select(
            outbox.c.id.label("outbox_id"),
            outbox.c.exchange,
            outbox.c.routing_key,
            outbox.c.attempt,
            outbox.c.tries,
            events,
        )
        .join(events, events.c.key == outbox.c.event_key)
        .where(outbox.c.not_before <= now)
        .order_by(outbox.c.not_before)
        .limit(most)
        .with_for_update(of=outbox, skip_locked=True)
    )
    return [
        Due(
            row["outbox_id"],
            envelope_of(row, row["attempt"]),
            row["exchange"],
            row["routing_key"],
            row["tries"],
        )
        for row in sorted(transaction.execute(statement).mappings(), key=itemgetter("position"))
    ]


REMOVE = delete(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True)))
"""Forgets rows that the broker has confirmed: parameter `ids`, a list."""


def postpone(transaction: Transaction, ids: Collection[str], until: datetime) -> None:
    """Leave rows whose destination failed until later."""
    transaction.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(not_before=until, tries=outbox.c.tries + 1)
    )


def scheduled(database: Database) -> dict[str, int]:
    """Return how many rows wait for their time, by the one queue they are for."""
    rows = database.query(
        select(outbox.c.routing_key, func.count().label("events"))
        .where(outbox.c.exchange == "")
        .group_by(outbox.c.routing_key)
    )
    return {row["routing_key"]: row["events"] for row in rows}


def _row(due: Due, not_before: datetime) -> dict[str, object]:
    return {
        "id": due.id,
        "event_key": due.envelope.key,
        "exchange": due.exchange,
        "routing_key": due.routing_key,
        "attempt": due.envelope.attempt,
        "tries": due.tries,
        "not_before": not_before,
    }
