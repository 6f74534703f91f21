"""Sessions that were ended before their time: nobody gets in by a copy of their cookie.

Sessions themselves are kept nowhere, and end by themselves; these are kept until then.
"""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select

from store.database import Database
from store.tables import ended_sessions


def end_session(database: Database, cookie: str, until: datetime) -> None:
    """Let a session be over; `until`: when it ends by itself. Safe to repeat."""
    with database.transaction() as transaction:
        transaction.insert_new(ended_sessions, {"digest": _digest(cookie), "until": until})


def has_ended(database: Database, cookie: str) -> bool:
    """Whether a session was ended."""
    ended = select(ended_sessions.c.digest).where(ended_sessions.c.digest == _digest(cookie))
    return bool(database.query(ended))


def forget_ended(database: Database, now: datetime) -> None:
    """Forget those that have ended by themselves meanwhile."""
    database.run(delete(ended_sessions).where(ended_sessions.c.until < now))


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode(errors="replace")).hexdigest()
