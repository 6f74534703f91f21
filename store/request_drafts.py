"""Requests that wait to be carried out, and what came with them: a draft that their event names.

A table of drafts has `event_key` (null: nobody will ask again), `fingerprint` and `accepted_at`.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, Table, select

from store.database import Database
from store.tables import events, parked


def pending_draft(
    database: Database, drafts: Table, fingerprint: str, before: datetime
) -> str | None:
    """Return the key of the same request, if it was accepted before a time and still waits."""
    rows = database.query(
        select(drafts.c.event_key)
        .join(events, events.c.key == drafts.c.event_key)
        .where(
            drafts.c.fingerprint == fingerprint,
            drafts.c.accepted_at < before,
            ~_given_up(drafts),
        )
        .order_by(events.c.position.desc())
        .limit(1)
    )
    return rows[0]["event_key"] if rows else None


def has_overdue_draft(database: Database, drafts: Table, before: datetime) -> bool:
    """Whether anything that was accepted before a time still waits to be carried out."""
    old = select(drafts.c.fingerprint).where(drafts.c.accepted_at < before, ~_given_up(drafts))
    return bool(database.query(old.limit(1)))


def _given_up(drafts: Table) -> ColumnElement[bool]:
    # What was parked and decided upon will not be carried out, unless it was replayed.
    return (
        select(parked.c.id)
        .where(
            parked.c.event_key == drafts.c.event_key,
            parked.c.ending.in_(("edited", "discarded")),
        )
        .exists()
    )
