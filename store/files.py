"""The catalogue of archived files: one row per version of a name."""

from dataclasses import asdict
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import RowMapping, bindparam, func, select

from store.database import Database, Transaction
from store.ports import FileVersion
from store.tables import events, files

_USER = "user:"
_ASKER = (
    select(events.c.actor)
    .join(files, files.c.archived_by == events.c.key)
    .where(files.c.id == bindparam("file"))
)


class SqlFiles:
    """Rows of `files`, within one transaction."""

    def __init__(self, transaction: Transaction, database: Database) -> None:
        self._transaction = transaction
        self._database = database

    def newest(self, name: str) -> FileVersion | None:
        """Return the newest version; on PostgreSQL an advisory lock keeps the name until commit."""
        if self._transaction.is_postgresql:
            lock = func.pg_advisory_xact_lock(func.hashtextextended(name, 0))
            self._transaction.execute(select(lock))
        row = (
            self._transaction.execute(
                select(files).where(files.c.name == name).order_by(files.c.version.desc()).limit(1)
            )
            .mappings()
            .one_or_none()
        )
        return None if row is None else file_version(row)

    def add(self, version: FileVersion) -> None:
        """Add a version."""
        row: dict[str, Any] = asdict(version)
        row["metadata"] = to_json(version.metadata).decode()
        self._transaction.insert(files, [row])

    def asker(self, file_id: str) -> str:
        """Return who asked for a version: `ada`, `amqp` ..."""
        rows = self._database.query(_ASKER, {"file": file_id})
        if not rows:
            raise LookupError(f"there is no file {file_id}")
        actor: str = rows[0]["actor"]
        return actor.removeprefix(_USER)


def file_version(row: RowMapping) -> FileVersion:
    """Return what a row of `files` says."""
    return FileVersion(**{**row, "metadata": from_json(row["metadata"])})
