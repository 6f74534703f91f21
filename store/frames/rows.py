"""Rows of frames, versions and thumbnails, and what they stand for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import BindParameter, ColumnElement, RowMapping, Select, bindparam, select

from store.columns import Row
from store.database import Database
from store.frame_tables import frame_links, frame_versions, frames, thumbnails
from store.frames.values import Frame, Thumbnail, Version

_GATHERED = {"versions", "related", "thumbnails"}

SHOWN = tuple(frames.c[one.name] for one in fields(Frame) if one.name not in _GATHERED)
"""The columns that say what a frame is."""

_IN_ONE_STATEMENT = 1000
"""Frames whose versions are asked for at once; databases limit parameters."""

_SHOWN = tuple(column.name for column in SHOWN)
_OF_VERSIONS = tuple(one.name for one in fields(Version))
_OF_THUMBNAILS = tuple(one.name for one in fields(Thumbnail))

# Statements are built once: to build one takes as long as to run it.
_ASKED: BindParameter[int] = bindparam("ids", expanding=True)
_FRAMES = select(*SHOWN).where(frames.c.id.in_(_ASKED))
_VERSIONS = (
    select(frame_versions)
    .where(frame_versions.c.frame.in_(_ASKED))
    .order_by(frame_versions.c.id.desc())
)
_LINKS = (
    select(frame_links)
    .where(frame_links.c.frame.in_(_ASKED))
    .order_by(frame_links.c.related.desc())
)
_PICTURES = select(thumbnails).where(thumbnails.c.frame.in_(_ASKED)).order_by(thumbnails.c.id)


def frame_of(
    row: Row | RowMapping,
    versions: Sequence[Version] = (),
    related: Sequence[int] = (),
    pictures: Sequence[Thumbnail] = (),
) -> Frame:
    """Return what a row of `frames` says, with what was found beside it."""
    return Frame(
        **{name: row[name] for name in _SHOWN},
        versions=tuple(versions),
        related=tuple(related),
        thumbnails=tuple(pictures),
    )


def version_of(row: Row | RowMapping) -> Version:
    """Return what a row of `frame_versions` says."""
    return Version(**{name: row[name] for name in _OF_VERSIONS})


def thumbnail_of(row: Row | RowMapping) -> Thumbnail:
    """Return what a row of `thumbnails` says."""
    return Thumbnail(**{name: row[name] for name in _OF_THUMBNAILS})


def whole(
    database: Database, rows: Sequence[RowMapping], *, related: bool = True, pictures: bool = False
) -> list[Frame]:
    """Return the frames of rows, in their order, with their versions.

    Args:
        database: Where the rest is found: a statement for each kind, however many frames.
        rows: With the columns `SHOWN`.
        related: Whether to tell the ids of related frames.
        pictures: Whether to tell the thumbnails.

    """
    found: list[Frame] = []
    for start in range(0, len(rows), _IN_ONE_STATEMENT):
        some = rows[start : start + _IN_ONE_STATEMENT]
        ids = [row["id"] for row in some]
        versions = _by_frame(database, _VERSIONS, ids)
        links = _by_frame(database, _LINKS, ids) if related else {}
        shown = _by_frame(database, _PICTURES, ids) if pictures else {}
        found.extend(
            frame_of(
                row,
                [version_of(one) for one in versions.get(row["id"], ())],
                [one["related"] for one in links.get(row["id"], ())],
                [thumbnail_of(one) for one in shown.get(row["id"], ())],
            )
            for row in some
        )
    return found


def rows_of(
    database: Database, ids: Sequence[int], *conditions: ColumnElement[bool]
) -> list[RowMapping]:
    """Return the rows of those of the frames that there are and that meet conditions.

    In the order of the ids, each of which is there once.
    """
    found: dict[int, RowMapping] = {}
    for start in range(0, len(ids), _IN_ONE_STATEMENT):
        some = ids[start : start + _IN_ONE_STATEMENT]
        statement = _FRAMES.where(*conditions) if conditions else _FRAMES
        found.update((row["id"], row) for row in database.query(statement, {"ids": some}))
    return [found[one] for one in ids if one in found]


def _by_frame(
    database: Database, statement: Select[tuple[object, ...]], ids: Sequence[int]
) -> dict[int, list[RowMapping]]:
    found = defaultdict(list)
    for row in database.query(statement, {"ids": ids}):
        found[row["frame"]].append(row)
    return found
