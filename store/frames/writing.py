"""What is to be written of frames within one transaction, with few statements for many frames."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Executable, bindparam, delete
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.sqlite import Insert as SQLiteInsert

from store.columns import Row
from store.database import Transaction
from store.sky.cells import cells_of_all
from store.tables import (
    frame_cells,
    frame_headers,
    frame_links,
    frame_notices,
    frame_versions,
    frames,
)

_FORGET_CELLS = delete(frame_cells).where(
    frame_cells.c.frame.in_(bindparam("frames", expanding=True))
)
_FIXED = {"id", "basename", "basename_folded", "created_at"}
"""Columns of `frames` that never change."""


class FrameWriter:
    """Gathers rows, and writes them when the transaction sends its inserts."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._new: dict[int, Row] = {}
        self._changed: dict[int, Row] = {}
        self._moved: dict[int, bool] = {}
        """Ids of changed frames whose area is another; True: they had one."""
        self._headers: dict[int, str] = {}
        self._links: set[tuple[int, int]] = set()
        transaction.before_flush(self._write)

    def add(self, row: Row) -> None:
        """Add a row of `frames`."""
        self._new[row["id"]] = row

    def change(self, before: Row, after: Row) -> None:
        """Change a row of `frames`."""
        number = after["id"]
        if number in self._new:
            self._new[number] = after
            return
        self._changed[number] = after
        if before["area"] != after["area"]:
            self._moved[number] = self._moved.get(number, before["area"] is not None)

    def describe(self, frame: int, document: str) -> None:
        """Replace a frame's headers."""
        self._headers[frame] = document

    def link(self, frame: int, others: Iterable[int]) -> None:
        """Link a frame with others, both ways; links that are there stay."""
        for other in others:
            self._links |= {(frame, other), (other, frame)}

    def add_version(self, row: Row) -> None:
        """Add a row of `frame_versions`."""
        self._transaction.insert(frame_versions, [row])

    def announce(self, uid: str, body: str) -> None:
        """Have it announced that a version is there."""
        self._transaction.insert(frame_notices, [{"id": uid, "body": body}])

    def _write(self) -> None:
        new, self._new = self._new, {}
        changed, self._changed = self._changed, {}
        moved, self._moved = self._moved, {}
        self._transaction.insert(frames, list(new.values()))
        self._write_headers(new.keys())
        self._write_links(new.keys())
        self._transaction.merge(frames, list(changed.values()), _replace_frame)
        had = [number for number, had in moved.items() if had]
        if had:
            self._transaction.execute(_FORGET_CELLS, {"frames": had})
        self._place([*new.values(), *(changed[number] for number in moved)])

    def _place(self, rows: Iterable[Row]) -> None:
        areas = {row["id"]: row["area"] for row in rows if row["area"] is not None}
        if areas:
            found = zip(areas, cells_of_all([*areas.values()]), strict=True)
            cells = [{"cell": cell, "frame": frame} for frame, some in found for cell in some]
            self._transaction.insert(frame_cells, cells)

    def _write_headers(self, new: Iterable[int]) -> None:
        headers, self._headers = self._headers, {}
        rows = [
            {"frame": frame, "document": headers.pop(frame)} for frame in new if frame in headers
        ]
        self._transaction.insert(frame_headers, rows)
        rest = [{"frame": frame, "document": document} for frame, document in headers.items()]
        self._transaction.merge(frame_headers, rest, _replace_headers)

    def _write_links(self, new: Iterable[int]) -> None:
        links, self._links = self._links, set()
        fresh = set(new)
        rows: dict[bool, list[Row]] = {True: [], False: []}
        for frame, related in sorted(links):
            # Of a frame that was not there, there cannot have been a link.
            certain = frame in fresh or related in fresh
            rows[certain].append({"frame": frame, "related": related})
        self._transaction.insert(frame_links, rows[True])
        self._transaction.merge(frame_links, rows[False], _keep)


def _replace_frame(new: Insert | SQLiteInsert) -> Executable:
    columns: dict[str, Any] = {
        column.name: new.excluded[column.name]
        for column in frames.columns
        if column.name not in _FIXED
    }
    return new.on_conflict_do_update(index_elements=[frames.c.id], set_=columns)


def _replace_headers(new: Insert | SQLiteInsert) -> Executable:
    return new.on_conflict_do_update(
        index_elements=[frame_headers.c.frame], set_={"document": new.excluded.document}
    )


def _keep(new: Insert | SQLiteInsert) -> Executable:
    return new.on_conflict_do_nothing()
