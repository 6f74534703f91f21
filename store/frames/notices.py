"""Notices of archived frames: what subscribers of the fanout exchange are told, and when.

The body is that of the OCS Science Archive 2.7: the headers, flat, and over them what the archive
knows. It waits in a row until it has been published.
"""

import json
from collections.abc import Collection

from sqlalchemy import BindParameter, bindparam, delete, select

from schemas.frame_post import Post
from store.database import Database, Transaction
from store.notice_ports import Notice, Notices
from store.sky.area import notice_text
from store.tables import frame_notices

_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_WAITING = select(frame_notices).where(frame_notices.c.id.in_(_IDS)).order_by(frame_notices.c.id)
_FORGET = delete(frame_notices).where(frame_notices.c.id.in_(_IDS))


def body_of(post: Post, frame: int) -> str:
    """Return what subscribers are told of a post with versions, as JSON written like theirs."""
    return json.dumps(
        {
            **post.headers,
            "area": None if post.area is None else notice_text(post.area),
            "basename": post.basename,
            "version_set": [
                {"key": one.key, "md5": one.md5, "extension": one.extension}
                for one in post.versions
            ],
            "filename": post.basename + post.versions[0].extension,
            "frameid": frame,
        }
    )


def publish(
    transaction: Transaction, database: Database, notices: Notices, uids: Collection[str]
) -> None:
    """Publish what waits of these versions, and forget it with the transaction's commit."""
    # Read outside of the transaction: SQLite's one writer must not wait for a broker.
    waiting = database.query(_WAITING, {"ids": list(uids)})
    if waiting:
        notices.publish([Notice(row["id"], row["body"].encode()) for row in waiting])
        transaction.execute(_FORGET, {"ids": [row["id"] for row in waiting]})
