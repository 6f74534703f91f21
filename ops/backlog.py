"""What is waiting: rows that have not left yet, and events set aside for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from store import parked, taps
from store.database import Database
from store.deliveries import counts
from store.tables import events, outbox


@dataclass(frozen=True, slots=True)
class Backlog:
    """One look at the database."""

    position: int
    """Of the newest event in the ledger; 0: there is none."""
    unpublished: int
    """Outbox rows, those of later retries included."""
    overdue_seconds: float
    """How long the oldest row that should have left by now has been waiting."""
    parked: Mapping[str, int]
    """Parked events by consumer."""
    queues: Mapping[str, tuple[int, int, int]]
    """Deliveries (ready, held, delayed) by queue, where the queues live in the database."""
    taps: Mapping[str, int]
    """Ledger position up to which each copy of the ledger is whole, by name."""


def read_backlog(database: Database, now: datetime) -> Backlog:
    """Look at the database. Raises DatabaseUnavailableError."""
    row = database.query(
        select(
            select(func.max(events.c.position)).scalar_subquery().label("position"),
            func.count().label("unpublished"),
            func.min(outbox.c.not_before).label("oldest"),
        ).select_from(outbox)
    )[0]
    oldest = row["oldest"]
    return Backlog(
        position=row["position"] or 0,
        unpublished=row["unpublished"],
        overdue_seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
        parked=parked.counts(database),
        queues=counts(database, now),
        taps={name: tap.position for name, tap in taps.read(database).items()},
    )
