"""Read models of the catalogue: file versions, by id and in pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from store.database import Database
from store.files import file_version
from store.ports import FileVersion
from store.tables import files


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


def file(database: Database, file_id: str) -> FileVersion | None:
    """Return one version of a file."""
    rows = database.query(select(files).where(files.c.id == file_id))
    return file_version(rows[0]) if rows else None


def files_after(
    database: Database, after: str | None, most: int, selection: FilesSelection
) -> FilesPage:
    """Return up to `most` versions that come after an id."""
    conditions: list[ColumnElement[bool]] = []
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
