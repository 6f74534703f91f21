"""Pictures of frames: one row per basename of a picture, within one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from store.database import Transaction
from store.frames.ids import Ids
from store.frames.locks import hold
from store.frames.rows import thumbnail_of
from store.frames.values import Thumbnail
from store.tables import thumbnails

_NAMED = select(thumbnails).where(thumbnails.c.basename == bindparam("name"))
_NUMBERED = select(thumbnails).where(thumbnails.c.id == bindparam("number"))
_OF_FRAME = (
    select(thumbnails).where(thumbnails.c.frame == bindparam("frame")).order_by(thumbnails.c.id)
)


class Thumbnails:
    """Rows of `thumbnails`."""

    def __init__(self, transaction: Transaction, ids: Ids) -> None:
        self._transaction = transaction
        self._ids = ids

    def put(  # noqa: PLR0913 - what a thumbnail is made of
        self,
        frame: int,
        basename: str,
        *,
        size: str,
        extension: str,
        key: str,
        path: str | None,
        object_key: str | None,
        drawn: bool,
        now: datetime,
    ) -> Thumbnail:
        """Add a thumbnail, or replace that of this basename."""
        hold(self._transaction, [("thumbnail", basename)])
        found = self._transaction.execute(_NAMED, {"name": basename}).mappings().one_or_none()
        row = {
            "id": self._ids.next(thumbnails) if found is None else found["id"],
            "basename": basename,
            "frame": frame,
            "size": size,
            "extension": extension,
            "key": key,
            "path": path,
            "object_key": object_key,
            "drawn": drawn,
            "modified_at": now,
        }
        if found is None:
            self._transaction.insert(thumbnails, [row])
        else:
            self._transaction.execute(
                update(thumbnails).where(thumbnails.c.id == row["id"]).values(row)
            )
        return thumbnail_of(row)

    def get(self, number: int) -> Thumbnail | None:
        """Return a thumbnail; None: there is none."""
        found = self._transaction.execute(_NUMBERED, {"number": number}).mappings().one_or_none()
        return None if found is None else thumbnail_of(found)

    def remove(self, number: int) -> None:
        """Remove a thumbnail's row."""
        self._transaction.execute(delete(thumbnails).where(thumbnails.c.id == number))

    def of(self, frame: int) -> Sequence[Thumbnail]:
        """Return all pictures of a frame."""
        rows = self._transaction.execute(_OF_FRAME, {"frame": frame}).mappings()
        return [thumbnail_of(row) for row in rows]
