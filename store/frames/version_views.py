"""Read models of versions, for staff: whoever asks sees those of all frames."""

from dataclasses import dataclass

from sqlalchemy import bindparam, false, func, select

from store.database import Database
from store.frame_tables import frame_versions
from store.frames.id_pages import next_to
from store.frames.paging import Place, Stretch
from store.frames.rows import version_of
from store.frames.values import Version
from store.record_rows import plain

_IDS_BELOW = 2**31

_ALL = select(frame_versions)
_BY_MD5 = _ALL.where(frame_versions.c.md5 == bindparam("wanted"))
_COUNTED = select(func.count().label("found")).select_from(frame_versions)
_NEWEST_FIRST = _ALL.order_by(frame_versions.c.id.desc())


@dataclass(frozen=True, slots=True)
class Versions:
    """A page of versions."""

    versions: list[Version]
    count: int
    """How many there are on all pages."""


def versions(
    database: Database, md5: str | None = None, *, limit: int, offset: int = 0
) -> Versions:
    """Return a page of versions, newest first; `md5`: only the one of this digest."""
    if md5 is not None and md5 != plain(md5):  # no column can hold it
        return Versions([], 0)
    if md5 is not None:  # no two have the same: there is nothing to count
        rows = database.query(_BY_MD5, {"wanted": md5})
        return Versions([version_of(row) for row in rows[offset : offset + limit]], len(rows))
    count = int(database.query(_COUNTED)[0]["found"])
    if offset >= count:
        return Versions([], count)
    rows = database.query(_NEWEST_FIRST.limit(limit).offset(offset or None))
    return Versions([version_of(row) for row in rows], count)


def versions_after(
    database: Database,
    md5: str | None = None,
    *,
    place: Place,
    limit: int,
) -> Stretch[Version]:
    """Return the versions that come next to a place, without a count."""
    chosen = _ALL
    if md5 is not None:
        chosen = (
            _ALL.where(frame_versions.c.md5 == md5) if md5 == plain(md5) else _ALL.where(false())
        )
    return next_to(database, chosen, version_of, place, limit)


def version(database: Database, number: int) -> Version | None:
    """Return one version."""
    if not 0 < number < _IDS_BELOW:
        return None
    rows = database.query(select(frame_versions).where(frame_versions.c.id == number))
    return version_of(rows[0]) if rows else None
