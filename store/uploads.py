"""Received bytes that wait to be ingested: rows beside the staged objects."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from store.database import Database, Transaction
from store.keys import STAGING
from store.ports import ObjectStore, Upload
from store.tables import uploads


class SqlUploads:
    """Rows of `uploads`, within one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def get(self, upload_id: str) -> Upload | None:
        """Return the upload, if it is still there."""
        row = (
            self._transaction.execute(select(uploads).where(uploads.c.id == upload_id))
            .mappings()
            .one_or_none()
        )
        return None if row is None else Upload(**row)

    def remove(self, upload_id: str) -> None:
        """Forget the upload."""
        self._transaction.execute(delete(uploads).where(uploads.c.id == upload_id))


def keep_upload(transaction: Transaction, upload: Upload) -> None:
    """Remember received bytes, in the transaction that accepts the request to ingest them."""
    transaction.insert(uploads, [upload_row(upload)])


def upload_row(upload: Upload) -> dict[str, Any]:
    """Return the row of `uploads` for an upload."""
    return asdict(upload)


def sweep_staging(database: Database, objects: ObjectStore, older_than: datetime) -> int:
    """Remove staged bytes that nobody will ask for, received before `older_than`.

    Those are the remains of interrupted uploads, and bytes whose request was never accepted.
    Returns how many were removed. Safe to repeat, and to run in several processes.
    """
    removed = objects.sweep(older_than)
    for staged in objects.list(STAGING):
        if staged.modified >= older_than:
            continue
        if not database.query(select(uploads.c.id).where(uploads.c.object_key == staged.key)):
            objects.delete(staged.key)
            removed += 1
    return removed
