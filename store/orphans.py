"""Objects and the rows that speak of them: which of them lack the other.

Both sides are read in key order, a page at a time, and merged; memory does not grow with the store.
The sides are read at different moments, so whatever seems alone is looked at once more.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby, islice

from sqlalchemy import Column, or_, select

from store.database import Database
from store.errors import ObjectNotFoundError
from store.keys import PACKAGES, STAGING, content_key, package_key, staging_key
from store.package_tidying import living_zips
from store.ports import ObjectInfo, ObjectStore
from store.tables import files, packages, record_objects, records, uploads

CONTENT = "content/"
_PAGE = 2000
_AT_ONCE = 500


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

    That is: archived bytes, and the long texts of records. `folder`: two hex digits.
    """

    def rows(database: Database) -> Iterator[str]:
        # Keys are made of digests, and those have an index; so the order is the same.
        known = (_digests(database, one.c.sha256, folder) for one in (files, record_objects))
        yield from (content_key(sha256) for sha256, _ in groupby(merge(*known)))

    def spoken_of(database: Database, keys: Collection[str]) -> set[str]:
        digests = [key.rpartition("/")[2] for key in keys]
        # Bytes are given their key shortly before the commit that turns an upload into a file.
        known = (uploads.c.sha256, files.c.sha256, record_objects.c.sha256)
        return {
            content_key(row["sha256"])
            for column in known
            for row in database.query(select(column).where(column.in_(digests)))
        }

    return Part(CONTENT + (f"{folder}/" if folder else ""), rows, spoken_of)


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


def _digests(database: Database, column: Column[str], beginning: str) -> Iterator[str]:
    """Yield the digests of a column that begin so, in order, each once."""
    after, end = beginning, beginning + "g"
    while True:
        found = database.query(
            select(column)
            .where(column > after, column < end)
            .distinct()
            .order_by(column)
            .limit(_PAGE)
        )
        yield from (row["sha256"] for row in found)
        if len(found) < _PAGE:
            return
        after = found[-1]["sha256"]


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
