"""Changes frames and thumbnails at once: each change, and its fact, in one transaction.

What brings new bytes is posted, and carried out by a consumer; all else is done while the client
waits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from producers.stamping import Stamp
from schemas.base import Event
from schemas.frame_post import PLAIN_FIELDS, Field, Post
from schemas.frames import (
    FrameDeleted,
    FrameUpdated,
    FrameVersion,
    ThumbnailStored,
)
from store.database import Database, Transaction
from store.frames.composing import path_of
from store.frames.ports import Removed
from store.frames.repository import SqlFrames
from store.frames.values import Frame, Thumbnail
from store.ledger import Entry, Ledger

_PICTURES = ("thumbnails",)


@dataclass(frozen=True, slots=True)
class FrameChanges:
    """Carries out what people ask of frames. Its methods raise UnavailableError, too."""

    database: Database
    ledger: Ledger
    stamp: Stamp
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def change(self, number: int, user: str, fields: Mapping[str, Field]) -> bool:
        """Change plain fields of a frame; False: there is none. Bytes stay where they are."""
        with self.database.transaction() as transaction:
            frames = self._frames(transaction)
            frame = frames.frame(number)
            if frame is None:
                return False
            changed = frames.change(number, fields, self.clock())
            if changed:
                self._tell(transaction, user, _updated(frame, user, changed))
            return True

    def delete(self, number: int, user: str) -> bool:
        """Remove a frame with all it has; False: there is none. Its bytes go afterwards."""
        with self.database.transaction() as transaction:
            removed = self._frames(transaction).remove(number)
            if removed is None:
                return False
            self._tell(transaction, user, _deleted(number, removed, user, self.clock()))
            return True

    def post_thumbnail(self, post: Post, user: str) -> Thumbnail:
        """Add a picture, or replace that of its basename.

        A frame that is not there is made of what was sent. The picture itself is served from where
        the client put it: there is but one of each name, so that nothing overwrites it.
        """
        name, now = post.frame_basename or "", self.clock()
        (version,) = post.versions[:1]
        with self.database.transaction() as transaction:
            frames = self._frames(transaction)
            frame = frames.named(name)
            if frame is None:
                described = replace(post, basename=name, versions=(), file_id=None)
                frames.taken(described)
                fields = frames.store(described, now, self.new_id).fields
                frame = frames.named(name)
                if frame is None:
                    raise LookupError(f"frame {name!r} was made, and is not there")
                self._tell(transaction, user, _updated(frame, user, fields))
            said = {field: getattr(frame, field) for field in PLAIN_FIELDS} | dict(post.fields)
            thumbnail = frames.add_thumbnail(
                frame.id,
                post.basename,
                size=post.size,
                extension=version.extension,
                key=version.key,
                path=path_of(said, post.headers, post.basename, version.extension),
                object_key=None,
                drawn=False,
                now=now,
            )
            self._tell(transaction, user, _stored(frame, thumbnail, user))
            return thumbnail

    def change_thumbnail(self, number: int, user: str, size: str) -> bool:
        """Give a picture another size; False: there is none."""
        with self.database.transaction() as transaction:
            frames = self._frames(transaction)
            before = frames.pictures.get(number)
            frame = None if before is None else frames.frame(before.frame)
            if before is None or frame is None:
                return False
            after = frames.add_thumbnail(
                frame.id,
                before.basename,
                size=size,
                extension=before.extension,
                key=before.key,
                path=before.path,
                object_key=before.object_key,
                drawn=before.drawn,
                now=self.clock(),
            )
            self._tell(transaction, user, _stored(frame, after, user))
            return True

    def delete_thumbnail(self, number: int, user: str) -> bool:
        """Remove a picture; False: there is none. What held it is left to whoever tidies up."""
        with self.database.transaction() as transaction:
            frames = self._frames(transaction)
            thumbnail = frames.pictures.get(number)
            frame = None if thumbnail is None else frames.frame(thumbnail.frame)
            if frame is None:
                return False
            frames.pictures.remove(number)
            self._tell(transaction, user, _updated(frame, user, _PICTURES))
            return True

    def _frames(self, transaction: Transaction) -> SqlFrames:
        return SqlFrames(transaction, self.database)

    def _tell(self, transaction: Transaction, user: str, fact: Event) -> None:
        entry = Entry(self.stamp.put_on(fact), "accepted", f"user:{user}", self.clock())
        self.ledger.append(transaction, [entry])


def _updated(frame: Frame, user: str, fields: tuple[str, ...]) -> FrameUpdated:
    return FrameUpdated(frame_id=frame.id, basename=frame.basename, user=user, fields=fields)


def _stored(frame: Frame, thumbnail: Thumbnail, user: str) -> ThumbnailStored:
    return ThumbnailStored(
        frame_id=frame.id,
        basename=frame.basename,
        user=user,
        thumbnail_id=thumbnail.id,
        name=thumbnail.basename,
        size=thumbnail.size,
        extension=thumbnail.extension,
        drawn=thumbnail.drawn,
    )


def _deleted(number: int, removed: Removed, user: str, now: datetime) -> FrameDeleted:
    ours = {one.object_key for one in removed.versions}
    ours |= {one.object_key for one in removed.thumbnails}
    return FrameDeleted(
        frame_id=number,
        basename=removed.basename,
        user=user,
        versions=tuple(
            FrameVersion.model_validate(one, from_attributes=True) for one in removed.versions
        ),
        thumbnails=tuple((one.path, one.key) for one in removed.thumbnails if one.path is not None),
        objects=tuple(sorted(key for key in ours if key is not None)),
        deleted_at=now,
    )
