"""Read models of placeholders: frames of which nothing but a name is known, for administrators.

Somebody named them as related to another frame, and nobody has sent them (yet).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from store.database import Database
from store.frame_tables import frame_links, frames

_NOTHING_KNOWN = and_(frames.c.newest.is_(None), frames.c.observation_day.is_(None))
"""Whatever was sent has a day."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One of them."""

    id: int
    basename: str
    created_at: datetime
    """When it was first named."""
    links: int
    """How many frames it is related to."""


@dataclass(frozen=True, slots=True)
class Placeholders:
    """A page of them."""

    placeholders: list[Placeholder]
    count: int
    """How many there are on all pages."""


def placeholders(database: Database, *, limit: int, offset: int = 0) -> Placeholders:
    """Return a page of placeholders, newest first."""
    counted = select(func.count().label("found")).select_from(frames).where(_NOTHING_KNOWN)
    count = int(database.query(counted)[0]["found"])
    if offset >= count:
        return Placeholders([], count)
    links = select(func.count()).where(frame_links.c.frame == frames.c.id).scalar_subquery()
    statement = select(frames.c.id, frames.c.basename, frames.c.created_at, links.label("links"))
    newest_first = statement.where(_NOTHING_KNOWN).order_by(frames.c.id.desc())
    rows = database.query(newest_first.limit(limit).offset(offset or None))
    return Placeholders([Placeholder(**row) for row in rows], count)
