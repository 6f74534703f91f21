"""Read models of the whole installation: queues, rates and totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from store.database import Database
from store.deliveries import counts
from store.tables import events, files, outbox, parked
from store.views import span

_PARKED = select(func.count()).select_from(parked).where(parked.c.ending.is_(None))


@dataclass(frozen=True, slots=True)
class QueueDepth:
    """How many deliveries one queue has."""

    name: str
    ready: int
    """Could be handled now."""
    held: int | None
    """A consumer has them; None where the broker does not tell."""
    delayed: int
    """Wait for their time."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What the installation has done and what waits."""

    events: int
    """Ledger positions handed out since the beginning."""
    last_minute: int
    """Ledger positions handed out."""
    last_hour: int
    unpublished: int
    """What the broker has not been given yet; 0 where there is no broker."""
    parked: int
    files: int
    """Versions of files."""
    file_bytes: int


def activity(database: Database, now: datetime) -> Activity:
    """Return the totals."""
    last = span(database).last
    totals = database.query(
        select(
            _PARKED.scalar_subquery().label("parked"),
            select(func.count()).select_from(outbox).scalar_subquery().label("unpublished"),
            select(func.count()).select_from(files).scalar_subquery().label("files"),
            select(func.coalesce(func.sum(files.c.size), 0)).scalar_subquery().label("file_bytes"),
        )
    )[0]
    return Activity(
        events=last,
        last_minute=last - position_at(database, now - timedelta(minutes=1), last),
        last_hour=last - position_at(database, now - timedelta(hours=1), last),
        unpublished=totals["unpublished"],
        parked=totals["parked"],
        files=totals["files"],
        file_bytes=int(totals["file_bytes"]),
    )


def embedded_queues(database: Database, names: Sequence[str], now: datetime) -> list[QueueDepth]:
    """Return the depth of each of the queues that live in the database, in the order given."""
    found = counts(database, now)
    return [QueueDepth(name, *found.get(name, (0, 0, 0))) for name in names]


def position_at(database: Database, moment: datetime, last: int) -> int:
    """Return the last position recorded before a moment.

    Positions and times grow together, so it can be bisected: a few look-ups by primary key, where
    counting would read every row of the hour.
    """
    low, high = 0, last
    while low < high:
        middle = (low + high + 1) // 2
        # Numbers of transactions that were undone are missing: the nearest row below stands for it.
        found = database.query(
            select(events.c.recorded_at)
            .where(events.c.position <= middle)
            .order_by(events.c.position.desc())
            .limit(1)
        )
        if not found or found[0]["recorded_at"] < moment:
            low = middle
        else:
            high = middle - 1
    return low
