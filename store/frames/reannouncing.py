"""Notices of what was archived before, to be published once more.

What a header said at the time of an earlier version is not kept: a notice has today's header.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, func, or_, select

from schemas.frame_post import Post, PostedVersion
from store.database import Database
from store.frames.notices import body_of
from store.notice_ports import Notice
from store.tables import frame_headers, frame_versions, frames

_ROWS = (
    select(
        frame_versions.c.id,
        frame_versions.c.uid,
        frame_versions.c.frame,
        frame_versions.c.key,
        frame_versions.c.md5,
        frame_versions.c.extension,
        frames.c.basename,
        frames.c.area,
        func.coalesce(frame_headers.c.document, "{}").label("document"),
    )
    .join(frames, frames.c.id == frame_versions.c.frame)
    .join(frame_headers, frame_headers.c.frame == frame_versions.c.frame, isouter=True)
    .order_by(frame_versions.c.id)
)


def again(
    database: Database,
    *,
    since: datetime | None = None,
    named: Sequence[str] = (),
    at_once: int = 500,
) -> Iterator[list[Notice]]:
    """Yield the notices of versions, so many at a time, in the order of their arrival.

    Of those that were archived at a time or later, or of the frames of some basenames or ids; one
    notice for each version, under the `message_id` that it had.
    """
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions.append(frame_versions.c.created_at >= since)
    if named:
        ids = [int(one) for one in named if one.isdecimal() and int(one) < 2**31]
        conditions.append(or_(frames.c.basename.in_(named), frames.c.id.in_(ids)))
    wanted, last = _ROWS.where(*conditions), 0
    while rows := database.query(wanted.where(frame_versions.c.id > last).limit(at_once)):
        yield [_notice(row) for row in rows]
        last = rows[-1]["id"]


def _notice(row: RowMapping) -> Notice:
    version = PostedVersion(row["key"], row["md5"], row["extension"])
    post = Post(
        basename=row["basename"],
        fields={},
        headers=json.loads(row["document"]),
        area=row["area"],
        versions=(version,),
    )
    return Notice(row["uid"], body_of(post, row["frame"]).encode())
