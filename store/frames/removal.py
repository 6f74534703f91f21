"""Removing a frame: all rows that speak of it, its bytes being somebody else's task."""

from sqlalchemy import BindParameter, bindparam, delete, or_

from store.database import Transaction
from store.tables import (
    files,
    frame_cells,
    frame_headers,
    frame_links,
    frame_versions,
    frames,
    thumbnails,
)

_FRAME: BindParameter[int] = bindparam("of")
_REMOVALS = (
    delete(frame_links).where(or_(frame_links.c.frame == _FRAME, frame_links.c.related == _FRAME)),
    delete(frame_cells).where(frame_cells.c.frame == _FRAME),
    delete(frame_headers).where(frame_headers.c.frame == _FRAME),
    delete(thumbnails).where(thumbnails.c.frame == _FRAME),
    delete(files).where(files.c.frame == _FRAME),
    delete(frame_versions).where(frame_versions.c.frame == _FRAME),
    delete(frames).where(frames.c.id == _FRAME),
)


def remove_rows(transaction: Transaction, frame: int) -> None:
    """Remove a frame's rows; a notice that still waits is sent all the same, since it was there."""
    for statement in _REMOVALS:
        transaction.execute(statement, {"of": frame})
