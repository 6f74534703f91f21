"""What the store promises of frames within one transaction."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.frame_post import Post
from schemas.frames import FrameVersion
from store.file_stores.ports import Place
from store.frames.values import Fixity, Frame, Thumbnail, Version


@dataclass(frozen=True, slots=True)
class Sought:
    """Bytes that a post speaks of, and where the file store should have them."""

    place: Place
    md5: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a version's bytes in our own object store."""

    object_key: str
    size: int
    """Bytes."""
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of a post."""

    frame: int
    """Its id."""
    created: bool
    """Whether nothing but its name was known before, if that."""
    versions: tuple[FrameVersion, ...]
    """The new ones, in the order of the post."""
    fields: tuple[str, ...]
    """Without a new version: what changed (all, when it was created)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a frame had that is gone now."""

    basename: str
    versions: Sequence[Version]
    thumbnails: Sequence[Thumbnail]


class Frames(Protocol):
    """Frames, within one transaction."""

    def sought(self, drafts: Collection[str]) -> Sequence[Sought]:
        """Return what new bytes come with requests, and where the file store should have them.

        Asked outside of the transaction: nothing is held, and no row is touched. What has no safe
        path, or is known to the archive already, is left out.
        """
        ...

    def copied(self, md5: str, copy: Copy) -> None:
        """Note that there is a copy of bytes: it becomes that of the version of this digest."""
        ...

    def expects(self, draft: str) -> bool:
        """Whether `expect` has been told of this request in this transaction."""
        ...

    def expect(self, drafts: Collection[str]) -> None:
        """Take and hold for many requests at once what each will ask for. Changes nothing else."""
        ...

    def take(self, draft: str) -> Post | None:
        """Return what came with a request, and forget it; None: it is not there (any more)."""
        ...

    def draft(self, draft: str, post: Post, fingerprint: str, now: datetime) -> None:
        """Keep what a request that follows will speak of."""
        ...

    def taken(self, post: Post) -> list[dict[str, list[str]]]:
        """Hold name, keys and digests until commit; say which of these are taken already.

        One entry per version: field (`key`, `md5`) → messages. Empty: none is.
        """
        ...

    def store(self, post: Post, now: datetime, new_uid: Callable[[], str]) -> Stored:
        """Create the frame, or change what is given of it, and add its versions; after `taken`."""
        ...

    def keep(self, uid: str, copy: Copy) -> None:
        """Note that the bytes of a version have been read through, and that we have a copy."""
        ...

    def version(self, uid: str) -> tuple[Frame, Version] | None:
        """Return a version and its frame, and keep others from changing it until commit."""
        ...

    def looked(  # noqa: PLR0913 - what is learnt by looking
        self,
        uid: str,
        fixity: Fixity,
        at: datetime,
        *,
        size: int | None = None,
        sha256: str | None = None,
        crc32: int | None = None,
    ) -> None:
        """Note what looking at a version's bytes has shown."""
        ...

    def add_thumbnail(  # noqa: PLR0913 - what a thumbnail is made of
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
        ...

    def thumbnails(self, frame: int) -> Sequence[Thumbnail]:
        """Return all pictures of a frame."""
        ...

    def announce(self, uid: str) -> None:
        """Have the notice of this version published before this transaction commits.

        Safe to repeat; there is none for what was announced already.
        """
        ...


class HasFrames(Protocol):
    """Work that may touch frames."""

    @property
    def frames(self) -> Frames: ...  # noqa: D102 - the protocol's docstring says it
