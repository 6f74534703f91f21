"""What was posted for frames, and waits for its request event to be carried out."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BindParameter, bindparam, delete, select

from schemas.frame_post import Post
from store.database import Database, Transaction
from store.request_drafts import has_overdue_draft, pending_draft
from store.tables import frame_drafts

_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_TAKE = (
    delete(frame_drafts)
    .where(frame_drafts.c.id.in_(_IDS))
    .returning(frame_drafts.c.id, frame_drafts.c.document)
)
_LOOK = select(frame_drafts.c.id, frame_drafts.c.document).where(frame_drafts.c.id.in_(_IDS))


def keep_draft(  # noqa: PLR0913 - what a draft is made of
    transaction: Transaction,
    draft: str,
    post: Post,
    *,
    fingerprint: str,
    now: datetime,
    event_key: str | None = None,
) -> None:
    """Keep what was posted, in the transaction that lets its request event out.

    `event_key` is that event's, where somebody waits for it and may send the same again.
    """
    row = {
        "id": draft,
        "event_key": event_key,
        "fingerprint": fingerprint,
        "document": post.write(),
        "accepted_at": now,
    }
    transaction.insert(frame_drafts, [row])


def take(transaction: Transaction, drafts: Collection[str]) -> Mapping[str, Post]:
    """Return what came with requests, by draft, and forget it."""
    rows = transaction.execute(_TAKE, {"ids": list(drafts)}).mappings()
    return {row["id"]: Post.read(row["document"]) for row in rows}


def look(database: Database, drafts: Collection[str]) -> Mapping[str, Post]:
    """Return what came with requests that are still to be carried out, by draft."""
    rows = database.query(_LOOK, {"ids": list(drafts)})
    return {row["id"]: Post.read(row["document"]) for row in rows}


def pending(database: Database, fingerprint: str, before: datetime) -> str | None:
    """Return the key of the same request, if it was accepted before a time and still waits."""
    return pending_draft(database, frame_drafts, fingerprint, before)


def overdue(database: Database, before: datetime) -> bool:
    """Whether anything that was accepted before a time still waits to be carried out."""
    return has_overdue_draft(database, frame_drafts, before)
