"""The file store and the rows that speak of it: which of them lack the other.

Both sides are read in the order of paths and merged; memory does not grow with the archive. They
are read at different moments, so whatever seems alone is looked at once more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice
from operator import attrgetter
from typing import TypeVar

from sqlalchemy import Select, literal, select

from store.database import Database
from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore, Place, StoredFile
from store.tables import frame_versions, frames, thumbnails

T = TypeVar("T")

_PAGE = 2000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Alone:
    """What lacks its other half."""

    place: Place
    stored: StoredFile | None
    """None: a row speaks of it, and there are no such bytes."""
    of: str = ""
    """The version that lacks its bytes, or the thumbnail: `<uid> <file name>`."""


@dataclass(frozen=True, slots=True)
class _Row:
    path: str
    key: str
    of: str


def reconcile(database: Database, file_store: FileStore, older_than: datetime) -> Iterator[Alone]:
    """Yield bytes without a row that were put there before a time, and rows without bytes.

    Versions of which we have a copy of our own lack nothing. In a file store that overwrites,
    bytes belong to whatever has their path. Raises UnavailableError, and then what came was not
    all.
    """
    by_path = file_store.overwrites
    candidates = _merged(_rows(database), file_store.list(), by_path=by_path)
    while batch := list(islice(candidates, _AT_ONCE)):
        known = _known(database, {one.place.path for one in batch}, by_path=by_path)
        for one in batch:
            name = (one.place.path, "" if by_path else one.place.key)
            if one.stored is None:
                lonely = name in known and not _is_there(file_store, one.place)
            else:
                lonely = name not in known and one.stored.modified < older_than
            if lonely:
                yield one


def _rows(database: Database) -> Iterator[_Row]:
    """Yield what has its bytes in the file store alone, in the order of paths."""
    versions = (
        select(
            frame_versions.c.path,
            frame_versions.c.key,
            (frame_versions.c.uid + " " + frames.c.basename + frame_versions.c.extension).label(
                "of"
            ),
        )
        .join(frames, frames.c.id == frame_versions.c.frame)
        .where(frame_versions.c.path.is_not(None), frame_versions.c.object_key.is_(None))
        .order_by(frame_versions.c.path)
    )
    pictures = (
        select(
            thumbnails.c.path,
            thumbnails.c.key,
            (literal("thumbnail ") + thumbnails.c.basename + thumbnails.c.extension).label("of"),
        )
        .where(thumbnails.c.path.is_not(None), thumbnails.c.object_key.is_(None))
        .order_by(thumbnails.c.path)
    )
    return merge(
        _streamed(database, versions), _streamed(database, pictures), key=attrgetter("path")
    )


def _streamed(database: Database, statement: Select[tuple[str, str, str]]) -> Iterator[_Row]:
    for page in database.stream(statement, _PAGE):
        yield from (_Row(row["path"], row["key"], row["of"]) for row in page)


def _merged(
    rows: Iterator[_Row], stored: Iterator[StoredFile], *, by_path: bool
) -> Iterator[Alone]:
    """Yield what has no other half at the same path, and with the same key."""
    ours = _grouped(rows, attrgetter("path"))
    theirs = _grouped(stored, attrgetter("place.path"))
    one, other = next(ours, None), next(theirs, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None  # noqa: S101 - the loop's condition
            yield from (_lacking(row) for row in one[1])
            one = next(ours, None)
        elif one is None or other[0] < one[0]:
            yield from (Alone(each.place, each) for each in other[1])
            other = next(theirs, None)
        else:
            if not by_path:
                yield from _unmatched(one[1], other[1])
            one, other = next(ours, None), next(theirs, None)


def _grouped(items: Iterator[T], path: Callable[[T], str]) -> Iterator[tuple[str, list[T]]]:
    """Yield what follows one another at the same path."""
    for name, group in groupby(items, path):
        yield name, list(group)


def _unmatched(rows: list[_Row], stored: list[StoredFile]) -> Iterator[Alone]:
    keys, wanted = {each.place.key for each in stored}, {row.key for row in rows}
    yield from (_lacking(row) for row in rows if row.key not in keys)
    yield from (Alone(each.place, each) for each in stored if each.place.key not in wanted)


def _lacking(row: _Row) -> Alone:
    return Alone(Place(row.path, row.key), None, row.of)


def _known(database: Database, paths: set[str], *, by_path: bool) -> set[tuple[str, str]]:
    """Return what rows speak of at these paths, copies of ours or not."""
    return {
        (row["path"], "" if by_path else row["key"])
        for table in (frame_versions, thumbnails)
        for row in database.query(select(table.c.path, table.c.key).where(table.c.path.in_(paths)))
    }


def _is_there(file_store: FileStore, place: Place) -> bool:
    try:
        file_store.info(place)
    except ObjectNotFoundError:
        return False
    return True
