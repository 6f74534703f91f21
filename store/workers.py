"""Which processes run which consumers, and what those wait for: signs of life, row by row."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Database, Transaction
from store.tables import workers

LIVES = timedelta(seconds=20)
"""How long a sign of life is believed."""
_REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class WorkerSign:
    """One consumer in one process."""

    process: str
    consumer: str
    waits_for: str | None
    """The dependency that is down; None: it works."""
    since: datetime
    seen_at: datetime


def beat(transaction: Transaction, signs: Collection[WorkerSign], now: datetime) -> None:
    """Write signs of life, and forget processes that have not been seen for long."""
    put = postgresql.insert if transaction.is_postgresql else sqlite.insert
    for sign in signs:
        values = asdict(sign)
        news = {name: values[name] for name in ("waits_for", "since", "seen_at")}
        transaction.execute(
            put(workers)
            .values(values)
            .on_conflict_do_update(index_elements=["process", "consumer"], set_=news)
        )
    transaction.execute(delete(workers).where(workers.c.seen_at < now - _REMEMBERED))


def leave(transaction: Transaction, process: str) -> None:
    """Remove a process that ends in order."""
    transaction.execute(delete(workers).where(workers.c.process == process))


def living(database: Database, now: datetime) -> list[WorkerSign]:
    """Return the consumers at work, by name and process."""
    statement = (
        select(workers)
        .where(workers.c.seen_at >= now - LIVES)
        .order_by(workers.c.consumer, workers.c.process)
    )
    return [WorkerSign(**row) for row in database.query(statement)]
