"""Read models of thumbnails: whoever may see a frame may see its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, union_all

from store.database import Database
from store.frame_tables import frames, thumbnails
from store.frames.filters import conditions
from store.frames.id_pages import next_to
from store.frames.paging import Place, Stretch
from store.frames.rows import thumbnail_of
from store.frames.search import Equal
from store.frames.sight import LISTED, seen
from store.frames.values import Sight, Thumbnail

_IDS_BELOW = 2**31
_SHOWN = thumbnails.join(frames, frames.c.id == thumbnails.c.frame)


@dataclass(frozen=True, slots=True)
class Pictures:
    """A page of thumbnails."""

    thumbnails: list[Thumbnail]
    count: int
    """How many there are on all pages."""


def pictures(  # noqa: PLR0913 - what a page is
    database: Database,
    sight: Sight,
    *,
    frame: Sequence[Equal] = (),
    size: str | None = None,
    limit: int,
    offset: int = 0,
) -> Pictures:
    """Return a page of thumbnails, newest first.

    Args:
        database: Where they are.
        sight: Who asks.
        frame: What their frames have to be: columns of `frames`.
        size: Only those of this size.
        limit: How many at most.
        offset: How many to leave out before.

    """
    chosen = _chosen(database, sight, frame, size)
    counted = select(func.count().label("found")).select_from(thumbnails).where(*chosen)
    count = int(database.query(counted)[0]["found"])
    if offset >= count:
        return Pictures([], count)
    newest_first = select(thumbnails).where(*chosen).order_by(thumbnails.c.id.desc())
    rows = database.query(newest_first.limit(limit).offset(offset or None))
    return Pictures([thumbnail_of(row) for row in rows], count)


def pictures_after(  # noqa: PLR0913 - what a page is
    database: Database,
    sight: Sight,
    *,
    frame: Sequence[Equal] = (),
    size: str | None = None,
    place: Place,
    limit: int,
) -> Stretch[Thumbnail]:
    """Return the thumbnails that come next to a place, without a count."""
    chosen = select(thumbnails).where(*_chosen(database, sight, frame, size))
    return next_to(database, chosen, thumbnail_of, place, limit)


def picture(database: Database, number: int, sight: Sight) -> Thumbnail | None:
    """Return one thumbnail."""
    if not 0 < number < _IDS_BELOW:
        return None
    statement = select(thumbnails).select_from(_SHOWN)
    rows = database.query(statement.where(thumbnails.c.id == number, seen(sight)))
    return thumbnail_of(rows[0]) if rows else None


def _chosen(
    database: Database, sight: Sight, frame: Sequence[Equal], size: str | None
) -> list[ColumnElement[bool]]:
    wanted = [seen(sight), *conditions(frame, database.engine.dialect.name)]
    if frame:
        # Most indexes know only of listed frames; the others are few.
        parts = (LISTED, frames.c.newest.is_(None))
        shown = union_all(*(select(frames.c.id).where(part, *wanted) for part in parts))
        found: list[ColumnElement[bool]] = [thumbnails.c.frame.in_(shown)]
    else:
        found = [exists().where(frames.c.id == thumbnails.c.frame, *wanted)]
    return found if size is None else [*found, thumbnails.c.size == size]
