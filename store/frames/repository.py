"""Frames, their versions and all that belongs to them, within one transaction."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from pydantic_core import to_json
from sqlalchemy import bindparam, select, update

from schemas.frame_post import Field, Post, PostedVersion
from store.columns import Row
from store.database import Database, Transaction
from store.file_stores.ports import Place
from store.frames import drafts as frame_drafts
from store.frames.batches import HeldFrames, claims_of, expected
from store.frames.combinations import count
from store.frames.composing import (
    EVERYTHING,
    changed,
    differing,
    empty_row,
    filled,
    is_placeholder,
    path_of,
    told,
    version_row,
)
from store.frames.ids import Ids
from store.frames.locks import What
from store.frames.notices import body_of, publish
from store.frames.ports import Copy, Removed, Sought, Stored
from store.frames.removal import remove_rows
from store.frames.rows import frame_of
from store.frames.thumbnails import Thumbnails
from store.frames.values import Frame, Version
from store.frames.versions import FrameVersions
from store.frames.writing import FrameWriter
from store.notice_ports import Notices
from store.tables import files, frame_headers, frame_versions, frames

_TAKEN_KEY = "version with this key already exists."
_TAKEN_MD5 = "version with this md5 already exists."

_HEADERS = select(frame_headers.c.document).where(frame_headers.c.frame == bindparam("of"))
_OWN = update(files).where(files.c.id == bindparam("file")).values(frame=bindparam("of"))


class SqlFrames:
    """Satisfies `store.frames.ports.Frames`; one for all that is done in a transaction."""

    def __init__(
        self, transaction: Transaction, database: Database, notices: Notices | None = None
    ) -> None:
        """`notices` is where `announce` publishes; who does not announce needs none."""
        self._transaction = transaction
        self._database = database
        self._notices = notices
        self._ids = Ids(transaction)
        self._held = HeldFrames(transaction)
        self._writer = FrameWriter(transaction)
        self._versions = FrameVersions(transaction)
        self.keep, self.looked = self._versions.keep, self._versions.looked
        self.pictures = Thumbnails(transaction, self._ids)
        self.add_thumbnail, self.thumbnails = self.pictures.put, self.pictures.of
        self._posts: dict[str, Post | None] = {}
        self._copies: dict[str, Copy] = {}
        self._to_announce: list[str] = []
        transaction.before_flush(self._publish)
        transaction.before_commit(lambda: count(transaction, self._held.changes()))

    # --- what was posted --------------------------------------------------------------------------

    def sought(self, drafts: Collection[str]) -> Sequence[Sought]:
        """Return what new bytes come with requests, and where the file store should have them."""
        found = []
        for post, row, versions in expected(self._database, drafts):
            for version in versions:
                path = _path(row or {}, post, version)
                if path is not None:
                    found.append(Sought(Place(path, version.key), version.md5))
        return found

    def copied(self, md5: str, copy: Copy) -> None:
        """Note that there is a copy of bytes: it becomes that of the version of this digest."""
        self._copies[md5] = copy

    def expects(self, draft: str) -> bool:
        """Whether `expect` has been told of this request."""
        return draft in self._posts

    def expect(self, drafts: Collection[str]) -> None:
        """Take and hold what will be asked for one by one; costs about as much as for one."""
        unknown = [draft for draft in drafts if draft not in self._posts]
        if unknown:
            posts = frame_drafts.take(self._transaction, unknown)
            self._posts.update({draft: posts.get(draft) for draft in unknown})
            self._hold(posts.values())

    def take(self, draft: str) -> Post | None:
        """Return what came with a request, and forget it."""
        self.expect([draft])
        post, self._posts[draft] = self._posts[draft], None
        return post

    def draft(self, draft: str, post: Post, fingerprint: str, now: datetime) -> None:
        """Keep what a request that follows will speak of."""
        frame_drafts.keep_draft(self._transaction, draft, post, fingerprint=fingerprint, now=now)

    # --- storing ----------------------------------------------------------------------------------

    def taken(self, post: Post) -> list[dict[str, list[str]]]:
        """Hold name, keys and digests until commit; say which of these are taken already."""
        self._hold([post])
        found: list[dict[str, list[str]]] = []
        seen: set[What] = set()
        for version in post.versions:
            key, md5 = claims_of(version)
            wrong = {}
            if key in seen or self._held.is_taken(key):
                wrong["key"] = [_TAKEN_KEY]
            if md5 in seen or self._held.is_taken(md5):
                wrong["md5"] = [_TAKEN_MD5]
            seen |= {key, md5}
            found.append(wrong)
        return found if any(found) else []

    def store(self, post: Post, now: datetime, new_uid: Callable[[], str]) -> Stored:
        """Create the frame, or change what is given of it, and add its versions; after `taken`."""
        before = self._named(post.basename, now)
        created = is_placeholder(before)
        after = filled(before, post, now)
        document = to_json(post.headers).decode()
        rows = [self._version(after, post, one, now, new_uid()) for one in post.versions]
        if rows:
            after["newest"] = rows[-1]["id"]
            self._writer.announce(rows[0]["uid"], body_of(post, after["id"]))
            fields: tuple[str, ...] = ()
        else:
            fields = EVERYTHING if created else self._differing(before, after, document)
        self._change(before, after)
        self._writer.describe(after["id"], document)
        related = {self._named(name, now)["id"] for name in post.related} - {after["id"]}
        self._writer.link(after["id"], related)
        if post.file_id is not None:
            self._transaction.execute(_OWN, {"file": post.file_id, "of": after["id"]})
        versions = tuple(told(row) for row in rows)
        return Stored(frame=after["id"], created=created, versions=versions, fields=fields)

    def _hold(self, posts: Iterable[Post]) -> None:
        posts = list(posts)
        names = {name for post in posts for name in (post.basename, *post.related)}
        versions = [one for post in posts for one in post.versions]
        self._held.hold(names, versions)
        self._ids.expect(frames, sum(self._held.row(name) is None for name in names))
        self._ids.expect(frame_versions, len(versions))

    def _named(self, name: str, now: datetime) -> Row:
        """Return the row of a frame, which is made if need be: a mere name, for now."""
        row = self._held.row(name)
        if row is None:
            row = empty_row(self._ids.next(frames), name, now)
            self._held.put(row)
            self._writer.add(row)
        return row

    def _change(self, before: Row, after: Row) -> None:
        self._held.put(after)
        self._writer.change(before, after)

    def _version(
        self, frame: Row, post: Post, version: PostedVersion, now: datetime, uid: str
    ) -> Row:
        copy = self._copies.get(version.md5) if version.object_key is None else None
        row = version_row(
            self._ids.next(frame_versions),
            uid,
            frame["id"],
            version,
            path=_path(frame, post, version),
            copy=copy,
            now=now,
        )
        self._held.take(version)
        self._writer.add_version(row)
        return row

    def _differing(self, before: Row, after: Row, document: str) -> tuple[str, ...]:
        found = self._transaction.execute(_HEADERS, {"of": after["id"]}).scalar_one_or_none()
        return differing(before, after) + (() if found == document else ("headers",))

    # --- frames and versions that are there -------------------------------------------------------

    def version(self, uid: str) -> tuple[Frame, Version] | None:
        """Return a version and its frame, and keep others from changing it until commit."""
        row = self._held.of_version(uid)
        versions = [] if row is None else self._versions.of(row["id"])
        for one in versions:
            if row is not None and one.uid == uid:
                return frame_of(row, versions), one
        return None

    def frame(self, number: int) -> Frame | None:
        """Return a frame with its versions, and keep others from changing it until commit."""
        row = self._held.numbered(number)
        return None if row is None else frame_of(row, self._versions.of(number))

    def named(self, basename: str) -> Frame | None:
        """Return the frame of this name as `frame` does."""
        row = self._held.named(basename)
        return None if row is None else frame_of(row, self._versions.of(row["id"]))

    def change(self, number: int, fields: Mapping[str, Field], now: datetime) -> tuple[str, ...]:
        """Change columns of a frame that is there; return the names of those that differed."""
        before = self._held.numbered(number)
        if before is None:
            raise LookupError(f"no frame {number}")
        after = changed(before, fields, now)
        self._change(before, after)
        return differing(before, after)

    def remove(self, number: int) -> Removed | None:
        """Remove a frame with all it has; None: there is none."""
        row = self._held.numbered(number)
        if row is None:
            return None
        versions, pictures = self._versions.of(number), self.pictures.of(number)
        remove_rows(self._transaction, number)
        self._held.forget(row["basename"])
        return Removed(basename=row["basename"], versions=versions, thumbnails=pictures)

    # --- notices ----------------------------------------------------------------------------------

    def announce(self, uid: str) -> None:
        """Have the notice of this version published before this transaction commits."""
        self._to_announce.append(uid)

    def _publish(self) -> None:
        uids, self._to_announce = self._to_announce, []
        if uids and self._notices is not None:
            publish(self._transaction, self._database, self._notices, uids)


def _path(frame: Row, post: Post, version: PostedVersion) -> str | None:
    if version.object_key is not None:
        return None  # They never were in the file store.
    return path_of({**frame, **post.fields}, post.headers, post.basename, version.extension)
