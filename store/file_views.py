"""Read models of the catalogue: file versions, by id and in pages.

Files of a frame are for everybody's eyes once the frame is public. Until then they are shown to
those alone for whom nothing is hidden: `public_at` is None for these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select

from store.database import Database
from store.files import file_version
from store.ports import FileVersion
from store.tables import files, frames


@dataclass(frozen=True, slots=True)
class FilesSelection:
    """Which file versions are asked for; None stands for any."""

    name: str | None = None
    prefix: str | None = None
    """What their name begins with."""
    sha256: str | None = None
    md5: str | None = None


@dataclass(frozen=True, slots=True)
class FilesPage:
    """Some file versions, by descending id; the ids made here grow with time."""

    files: Sequence[FileVersion]
    next: str | None
    """The id that the next page comes after; None: this was the last."""


def file(database: Database, file_id: str, public_at: datetime | None) -> FileVersion | None:
    """Return one version of a file."""
    rows = database.query(select(files).where(files.c.id == file_id, *_shown(public_at)))
    return file_version(rows[0]) if rows else None


def files_after(
    database: Database,
    after: str | None,
    most: int,
    selection: FilesSelection,
    public_at: datetime | None,
) -> FilesPage:
    """Return up to `most` versions that come after an id."""
    conditions = _shown(public_at)
    if after is not None:
        conditions.append(files.c.id < after)
    if selection.prefix is not None:
        conditions.append(files.c.name.startswith(selection.prefix, autoescape=True))
    for column in (files.c.name, files.c.sha256, files.c.md5):
        wanted = getattr(selection, column.key)
        if wanted is not None:
            conditions.append(column == wanted)
    statement = select(files).where(*conditions).order_by(files.c.id.desc()).limit(most + 1)
    found = [file_version(row) for row in database.query(statement)]
    following = found[most - 1].id if len(found) > most else None
    return FilesPage(found[:most], following)


def _shown(public_at: datetime | None) -> list[ColumnElement[bool]]:
    if public_at is None:
        return []
    public = select(frames.c.id).where(
        frames.c.id == files.c.frame, frames.c.public_date < public_at
    )
    return [or_(files.c.frame.is_(None), public.exists())]
