"""Read models of frames: one, pages of those that are searched for, and what belongs to one.

Nobody is told of a frame that they may not see, and nobody at all of one without observation date.
"""

from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, RowMapping, func, or_, select

from store.database import Database
from store.frame_tables import frame_headers, frame_links, frames
from store.frames.filters import conditions
from store.frames.paging import BEGINNING, Place, Stretch, behind, key_of, order_by
from store.frames.rows import SHOWN, rows_of, whole
from store.frames.search import NotPublic, Search, Sky
from store.frames.sight import LISTED, Shares, seen, shares, shares_not_public
from store.frames.sky import matching
from store.frames.values import Frame, Sight

_IDS_BELOW = 2**31
"""What the columns hold."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the frames that were found."""

    frames: list[Frame]
    count: int
    """How many there are on all pages."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is to be told with frames, beside their versions."""

    related: bool = True
    pictures: bool = False


PLAIN = Beside()
BARE = Beside(related=False)


def find(  # noqa: PLR0913 - what a page is
    database: Database,
    search: Search,
    sight: Sight,
    *,
    limit: int,
    offset: int = 0,
    beside: Beside = PLAIN,
) -> Page:
    """Return a page of the listed frames that meet a search, and how many do."""
    asked = _Asked(database, search, sight)
    if asked.skies:
        ids = list(asked.met())
        rows, count = rows_of(database, ids[offset : offset + limit]), len(ids)
    else:
        count = asked.count()
        rows = asked.rows(limit, offset) if offset < count else []
    return Page(_told(database, rows, beside), count)


def find_after(  # noqa: PLR0913 - what a page is
    database: Database,
    search: Search,
    sight: Sight,
    *,
    limit: int,
    place: Place = BEGINNING,
    beside: Beside = PLAIN,
) -> Stretch[Frame]:
    """Return the listed frames that meet a search and come next after a place, without a count.

    Args:
        database: Where they are.
        search: Which frames, and in what order.
        sight: Who asks.
        limit: How many at most.
        place: From where; when it is `backwards`, those right before it, in the same order.
        beside: What to tell with them.

    """
    asked = _Asked(database, search, sight, place)
    if asked.skies:
        with closing(asked.met()) as met:  # gives the connection back before the last is read
            rows = rows_of(database, list(islice(met, limit + 1)))
    else:
        rows = asked.rows(limit + 1)
    shown = rows[:limit]
    if place.backwards:
        shown.reverse()
    found = _told(database, shown, beside)
    return Stretch(found, [key_of(one, search.order) for one in found], len(rows) > limit)


def frame(database: Database, number: int, sight: Sight, beside: Beside = PLAIN) -> Frame | None:
    """Return one frame, listed or not."""
    rows = rows_of(database, [number], seen(sight)) if 0 < number < _IDS_BELOW else []
    return _told(database, rows, beside)[0] if rows else None


def headers(database: Database, number: int, sight: Sight) -> str | None:
    """Return the headers of a frame, JSON text; None: there is no such frame."""
    if not 0 < number < _IDS_BELOW:
        return None
    joined = frames.outerjoin(frame_headers, frame_headers.c.frame == frames.c.id)
    statement = select(frame_headers.c.document).select_from(joined)
    rows = database.query(statement.where(frames.c.id == number, seen(sight)))
    return (rows[0]["document"] or "{}") if rows else None


def related(database: Database, number: int, sight: Sight) -> list[Frame] | None:
    """Return the frames that one is related to, newest observation first; None: no such frame."""
    if frame(database, number, sight, Beside(related=False)) is None:
        return None
    linked = select(frame_links.c.related).where(frame_links.c.frame == number)
    statement = select(*SHOWN).where(frames.c.id.in_(linked), seen(sight))
    rows = database.query(statement)
    rows.sort(key=_newest_first, reverse=True)
    return _told(database, rows, PLAIN)


def many(
    database: Database, numbers: Collection[int], sight: Sight, beside: Beside = BARE
) -> list[Frame]:
    """Return those of some frames that there are, listed or not, newest observation first."""
    possible = [number for number in dict.fromkeys(numbers) if 0 < number < _IDS_BELOW]
    rows = rows_of(database, possible, seen(sight))
    rows.sort(key=_newest_first, reverse=True)
    return _told(database, rows, beside)


class _Asked:
    """A search by somebody, as conditions."""

    def __init__(
        self, database: Database, search: Search, sight: Sight, place: Place = BEGINNING
    ) -> None:
        not_public = any(isinstance(one, NotPublic) for one in search.filters)
        self._database = database
        self._order = order_by(search.order, backwards=place.backwards)
        self._shares = shares_not_public(sight) if not_public else shares(sight)
        self._conditions = [
            LISTED,
            *conditions(search.filters, database.engine.dialect.name),
            *(
                []
                if place.key is None
                else [behind(place.key, search.order, backwards=place.backwards)]
            ),
        ]
        self.skies = [one for one in search.filters if isinstance(one, Sky)]

    def count(self) -> int:
        """Count the frames."""
        return _count(self._database, self._conditions, self._shares)

    def rows(self, limit: int, offset: int = 0) -> list[RowMapping]:
        """Return the rows of a page.

        What precedes the page is skipped in an index, and never looked at.
        """
        if not self._shares:
            return []
        page = (
            select(frames.c.id)
            .where(*self._conditions, or_(*self._shares))
            .order_by(*self._order)
            .limit(limit)
            .offset(offset or None)
            .subquery()
        )
        statement = select(*SHOWN).join(page, page.c.id == frames.c.id).order_by(*self._order)
        return self._database.query(statement)

    def met(self) -> Generator[int, None, None]:
        """Yield the ids of the frames, in order; for searches of the sky."""
        if self._shares:
            visible = [*self._conditions, or_(*self._shares)]
            yield from matching(self._database, self.skies, visible, self._order)


def _count(database: Database, where: list[ColumnElement[bool]], parts: Shares) -> int:
    counts = [select(func.count()).select_from(frames).where(*where, part) for part in parts]
    if not counts:
        return 0
    total = sum((one.scalar_subquery() for one in counts[1:]), counts[0].scalar_subquery())
    return int(database.query(select(total.label("found")))[0]["found"])


def _told(database: Database, rows: list[RowMapping], beside: Beside) -> list[Frame]:
    return whole(database, rows, related=beside.related, pictures=beside.pictures)


def _newest_first(row: RowMapping) -> tuple[object, int]:
    return row["observation_date"], row["id"]
