"""Objects and the rows that speak of them: which of them lack the other.

Both sides are read in key order, a page at a time, and merged; memory does not grow with the store.
The sides are read at different moments, so whatever seems alone is looked at once more.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice

from sqlalchemy import Column, ColumnElement, Table, or_, select

from store.database import Database
from store.errors import ObjectNotFoundError
from store.keys import FRAMES, PACKAGES, STAGING, content_key, package_key, staging_key
from store.package_tidying import living_zips
from store.ports import ObjectInfo, ObjectStore
from store.tables import (
    files,
    frame_versions,
    packages,
    record_objects,
    records,
    thumbnails,
    uploads,
)

CONTENT = "content/"
_PAGE = 2000
_AT_ONCE = 500

_OWN_FILES = files.c.object_key.not_like(f"{FRAMES}%")
"""Of others the file store has the bytes."""
_COPIED: tuple[Table, ...] = (frame_versions, thumbnails)
"""What may have a copy of its own, or not, in its `object_key`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the object store, and the rows that speak of what is there."""

    prefix: str
    rows: Callable[[Database], Iterator[str]]
    """Yields the keys that rows speak of, in order."""
    spoken_of: Callable[[Database, Collection[str]], set[str]]
    """Returns those of the keys that a row speaks of."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What lacks its other half."""

    key: str
    stored: ObjectInfo | None
    """None: rows speak of it, and there is no object."""


def content(folder: str = "") -> Part:
    """Return what has the key of its digest, or only where that begins with `folder`.

    That is: archived bytes, the long texts of records, our own copies of versions of frames, and
    thumbnails. `folder`: two hex digits.
    """

    def rows(database: Database) -> Iterator[str]:
        # Keys are made of digests, and those have an index; so the order is the same.
        digests = (
            _texts(database, files.c.sha256, folder, _OWN_FILES),
            _texts(database, record_objects.c.sha256, folder),
        )
        keys = (_texts(database, one.c.object_key, prefix) for one in _COPIED)
        known = (*((content_key(one) for one in some) for some in digests), *keys)
        yield from (key for key, _ in groupby(merge(*known)))

    prefix = CONTENT + (f"{folder}/" if folder else "")
    return Part(prefix, rows, spoken_of)


def spoken_of(database: Database, keys: Collection[str]) -> set[str]:
    """Return those keys of `content` that a row speaks of, or is about to."""
    digests = [key.rpartition("/")[2] for key in keys]
    # Bytes are given their key shortly before the commit that turns an upload into a file.
    known = (
        select(uploads.c.sha256).where(uploads.c.sha256.in_(digests)),
        select(files.c.sha256).where(files.c.sha256.in_(digests), _OWN_FILES),
        select(record_objects.c.sha256).where(record_objects.c.sha256.in_(digests)),
    )
    found = {content_key(row["sha256"]) for one in known for row in database.query(one)}
    for table in _COPIED:
        copies = select(table.c.object_key).where(table.c.object_key.in_(keys))
        found |= {row["object_key"] for row in database.query(copies)}
    return found


def staging() -> Part:
    """Return bytes that were received and wait to be archived."""

    def rows(database: Database) -> Iterator[str]:
        after = ""
        while True:
            found = database.query(
                select(uploads.c.id).where(uploads.c.id > after).order_by(uploads.c.id).limit(_PAGE)
            )
            yield from (staging_key(row["id"]) for row in found)
            if len(found) < _PAGE:
                return
            after = found[-1]["id"]

    def spoken_of(database: Database, keys: Collection[str]) -> set[str]:
        found = select(uploads.c.object_key).where(uploads.c.object_key.in_(keys))
        return {row["object_key"] for row in database.query(found)}

    return Part(STAGING, rows, spoken_of)


def zips(now: datetime) -> Part:
    """Return what can be downloaded as packages, unless its time is over."""

    def rows(database: Database) -> Iterator[str]:
        # Names are of mixed case; so they come in order of their bytes, as keys of objects do.
        binary = "C" if database.engine.dialect.name == "postgresql" else "BINARY"
        name, after = packages.c.name.collate(binary), ""
        while True:
            found = database.query(
                select(packages.c.name)
                .where(name > after, packages.c.removed_at.is_(None))
                .where(or_(packages.c.pinned, packages.c.expires_at > now))
                .order_by(name)
                .limit(_PAGE)
            )
            yield from (package_key(row["name"]) for row in found)
            if len(found) < _PAGE:
                return
            after = found[-1]["name"]

    return Part(PACKAGES, rows, living_zips)


def packages_of(database: Database, keys: Sequence[str]) -> list[str]:
    """Return which packages have zips of these keys, for people to read."""
    names = [key.removeprefix(PACKAGES) for key in keys]
    found = (
        select(packages.c.id, packages.c.resource_id)
        .where(packages.c.name.in_(names))
        .order_by(packages.c.id)
    )
    return [f"package {row['id']} of {row['resource_id']}" for row in database.query(found)]


def more_rows_than(database: Database, count: int) -> bool:
    """Whether there are more versions of files, or long texts; no more of them are counted."""
    return any(
        database.query(select(column).offset(count).limit(1))
        for column in (files.c.id, record_objects.c.sha256)
    )


def alone(
    database: Database, objects: ObjectStore, part: Part, older_than: datetime
) -> Iterator[Alone]:
    """Yield objects without a row that were written before a time, and rows without an object."""
    candidates = _merge(part.rows(database), objects.list(part.prefix))
    while batch := list(islice(candidates, _AT_ONCE)):
        spoken_of = part.spoken_of(database, [one.key for one in batch])
        for one in batch:
            if one.stored is None:
                lonely = one.key in spoken_of and not _is_there(objects, one.key)
            else:
                lonely = one.key not in spoken_of and one.stored.modified < older_than
            if lonely:
                yield one


def names_of(database: Database, keys: Sequence[str]) -> list[str]:
    """Return whose bytes have the keys, for people to read: file versions, and records."""
    digests = [key.rpartition("/")[2] for key in keys]
    versions = select(files.c.name, files.c.version).where(files.c.sha256.in_(digests))
    told = select(records.c.project, records.c.label).where(
        or_(records.c.diff_sha256.in_(digests), records.c.stdout_stderr_sha256.in_(digests))
    )
    return [
        *(
            f"{row['name']} version {row['version']}"
            for row in database.query(
                versions.order_by(files.c.name, files.c.version).limit(len(keys))
            )
        ),
        *(
            f"record {row['project']}/{row['label']}"
            for row in database.query(
                told.order_by(records.c.project, records.c.label).limit(len(keys))
            )
        ),
    ]


def _texts(
    database: Database, column: Column[str], beginning: str, *where: ColumnElement[bool]
) -> Iterator[str]:
    """Yield the digests of a column, or keys made of them, that begin so, in order, each once."""
    after, end = beginning, beginning + "g"  # what comes after any hex digit
    while True:
        found = database.query(
            select(column)
            .where(column > after, column < end, *where)
            .distinct()
            .order_by(column)
            .limit(_PAGE)
        )
        yield from (row[column.name] for row in found)
        if len(found) < _PAGE:
            return
        after = found[-1][column.name]


def _merge(rows: Iterator[str], stored: Iterator[ObjectInfo]) -> Iterator[Alone]:
    key, info = next(rows, None), next(stored, None)
    while key is not None or info is not None:
        if info is None or (key is not None and key < info.key):
            assert key is not None  # noqa: S101 - the loop's condition
            yield Alone(key, None)
            key = next(rows, None)
        elif key is None or info.key < key:
            yield Alone(info.key, info)
            info = next(stored, None)
        else:
            key, info = next(rows, None), next(stored, None)


def _is_there(objects: ObjectStore, key: str) -> bool:
    try:
        objects.info(key)
    except ObjectNotFoundError:
        return False
    return True
