"""Frames that meet figures on the sky: candidates by the index of cells, then the exact test."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ARRAY, ColumnElement, Integer, any_, func, or_, select

from store.database import Database
from store.frame_tables import frame_cells, frames
from store.frames.search import Sky
from store.sky.cells import search_of
from store.sky.matching import matches

_AT_ONCE = 2000
"""Areas in memory."""


def matching(
    database: Database,
    skies: Sequence[Sky],
    conditions: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[object]],
) -> Iterator[int]:
    """Yield the ids of frames that meet all figures and all other conditions, in an order.

    However many candidates there are, only some are in memory.
    """
    dialect = database.engine.dialect.name
    statement = (
        select(frames.c.id, frames.c.area)
        .where(*conditions, *(_is_candidate(sky, dialect) for sky in skies))
        .order_by(*order)
    )
    for some in database.stream(statement, _AT_ONCE):
        areas = [row["area"] for row in some]
        met = [matches(areas, sky.geometry, sky.how) for sky in skies]
        for row, *each in zip(some, *met, strict=True):
            if all(each):
                yield row["id"]


def _is_candidate(sky: Sky, dialect: str) -> ColumnElement[bool]:
    search = search_of(sky.geometry)
    cell = frame_cells.c.cell
    within = [cell.between(first, last) for first, last in search.ranges]
    found = select(frame_cells.c.frame).where(or_(cell.in_(search.exact), *within))
    if dialect != "postgresql":
        return frames.c.id.in_(found)
    # PostgreSQL takes most cells to be there, expects a multitude, and would read all frames.
    together = func.array(found.scalar_subquery(), type_=ARRAY(Integer))
    return frames.c.id == any_(together)
