"""Rows of how often visitors have come to the archive: one per visitor and minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store.database import Database
from store.tables import archive_visits

DAY = 86400
"""Seconds of the window in which visits count."""
MINUTE = 60

_MINUTES = DAY // MINUTE
_PIECE = 1000
"""Visitors in a statement: SQLite takes no more than 32,766 values."""


@dataclass(frozen=True, slots=True)
class Visited:
    """How often a visitor has come in the last 24 hours."""

    visitor: str
    requests: int
    oldest: datetime
    """Begin of the minute of the first of these."""


def add_visits(database: Database, counted: Mapping[tuple[str, int], int]) -> None:
    """Add what was counted, by visitor and minute."""
    # In one order everywhere: two processes that add to the same rows never wait in a ring.
    rows = [
        {"visitor": visitor, "minute": minute, "requests": requests}
        for (visitor, minute), requests in sorted(counted.items())
    ]
    with database.transaction() as transaction:
        put = postgresql.insert if transaction.is_postgresql else sqlite.insert
        for start in range(0, len(rows), _PIECE):
            new = put(archive_visits).values(rows[start : start + _PIECE])
            transaction.execute(
                new.on_conflict_do_update(
                    index_elements=["visitor", "minute"],
                    set_={"requests": archive_visits.c.requests + new.excluded.requests},
                )
            )


def visited(database: Database, now: datetime) -> list[Visited]:
    """Return who has come in the last 24 hours, whoever came oftest first."""
    return sorted(read_visits(database, now), key=lambda one: (-one.requests, one.visitor))


def forget_visits(database: Database, now: datetime) -> None:
    """Remove what is older than 24 hours. Safe to repeat."""
    with database.transaction() as transaction:
        old = archive_visits.c.minute < minute_of(now) - _MINUTES
        transaction.execute(delete(archive_visits).where(old))


def read_visits(
    database: Database, now: datetime, names: Sequence[str] | None = None
) -> list[Visited]:
    """Return how often these visitors, or all (None), have come in the last 24 hours."""
    # A minute counts until the last of its seconds is a day old.
    of_today = (
        select(
            archive_visits.c.visitor,
            func.sum(archive_visits.c.requests).label("requests"),
            func.min(archive_visits.c.minute).label("oldest"),
        )
        .where(archive_visits.c.minute >= minute_of(now) - _MINUTES)
        .group_by(archive_visits.c.visitor)
    )
    if names is None:
        rows = database.query(of_today)
    else:
        rows = []
        for start in range(0, len(names), _PIECE):
            some = names[start : start + _PIECE]
            rows += database.query(of_today.where(archive_visits.c.visitor.in_(some)))
    return [
        Visited(
            row["visitor"],
            int(row["requests"]),
            datetime.fromtimestamp(row["oldest"] * MINUTE, UTC),
        )
        for row in rows
    ]


def minute_of(moment: datetime) -> int:
    """Return the minute since 1970."""
    return int(moment.timestamp()) // MINUTE
