"""Read model of long work under way, and how far it is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from store.database import Database
from store.leases import Progress
from store.tables import events, leases
from store.views import Recorded, recorded

MOST = 50
"""Pieces of work that are shown."""


@dataclass(frozen=True, slots=True)
class Working:
    """Work on one event that some process is at."""

    event: Recorded
    consumer: str
    owner: str
    """The process."""
    attempt: int
    began_at: datetime
    progress: Progress | None
    """None: it has said nothing yet."""


def under_way(database: Database) -> list[Working]:
    """Return the work that processes are at, what began first to begin with; the first 50."""
    columns = leases.c
    rows = database.query(
        select(
            columns.consumer,
            columns.owner,
            columns.attempt,
            columns.began_at,
            columns.done,
            columns.total,
            columns.unit,
            events,
        )
        .join(events, events.c.key == columns.event_key)
        .where(columns.owner.is_not(None))
        .order_by(columns.began_at, columns.event_key)
        .limit(MOST)
    )
    return [
        Working(
            event=recorded(row),
            consumer=row["consumer"],
            owner=row["owner"],
            attempt=row["attempt"],
            began_at=row["began_at"],
            progress=None
            if row["done"] is None
            else Progress(row["done"], row["total"], row["unit"]),
        )
        for row in rows
    ]
