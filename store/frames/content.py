"""Where the bytes of versions and of thumbnails are: a copy of our own, or else the file store."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO

from sqlalchemy import select

from store.database import Database
from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore, Place
from store.fixity import CHUNK
from store.frame_tables import thumbnails
from store.frames.rows import thumbnail_of
from store.frames.values import Thumbnail, Version
from store.ports import ObjectStore

Open = Callable[[int, int | None], BinaryIO]
"""Opens bytes from one on, so many or all that follow."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes that are there."""

    size: int
    etag: str
    """Strong, with its quotes."""
    modified: datetime
    """UTC."""
    open: Open
    """Raises ObjectNotFoundError, ObjectsUnavailableError and FileStoreUnavailableError."""


@dataclass(frozen=True, slots=True)
class FrameContent:
    """Finds them. Its methods ask the stores: they belong into a thread."""

    objects: ObjectStore
    file_store: FileStore

    def of_version(self, version: Version) -> Bytes:
        """Return the bytes of a version, and never others.

        Raises ObjectNotFoundError, where others have taken their place, too.
        """
        if version.object_key is not None:
            opened = partial(self.objects.open, version.object_key)
            size = version.size or self.objects.info(version.object_key).size
        else:
            place = self._place(version.path, version.key)
            if version.fixity == "damaged":
                raise ObjectNotFoundError(place.path)
            if self.file_store.overwrites and not self._still_holds(place, version):
                raise ObjectNotFoundError(place.path)
            opened = partial(self.file_store.open, place)
            size = version.size or self.file_store.info(place).size
        return Bytes(size, f'"{version.md5}"', version.created_at, opened)

    def of_thumbnail(self, thumbnail: Thumbnail) -> Bytes:
        """Return the bytes of a picture. Raises ObjectNotFoundError."""
        if thumbnail.object_key is not None:
            ours = self.objects.info(thumbnail.object_key)
            size, modified, opened = ours.size, ours.modified, partial(self.objects.open, ours.key)
        else:
            theirs = self.file_store.info(self._place(thumbnail.path, thumbnail.key))
            size, modified = theirs.size, theirs.modified
            opened = partial(self.file_store.open, theirs.place)
        # A picture may be replaced, under the same name.
        said = f"{thumbnail.key}\0{thumbnail.object_key}\0{size}\0{modified.timestamp()}"
        tag = hashlib.sha256(said.encode(errors="replace")).hexdigest()[:32]
        return Bytes(size, f'"{tag}"', modified, opened)

    def _place(self, path: str | None, key: str) -> Place:
        if path is None or self.file_store.kind == "dummy":
            raise ObjectNotFoundError(path or key)
        return Place(path, key)

    def _still_holds(self, place: Place, version: Version) -> bool:
        """Whether what is there now are the bytes of this version."""
        found = self.file_store.info(place)
        if version.size is not None and version.size != found.size:
            return False
        looked_at = version.looked_at if version.fixity == "sound" else None
        if looked_at is not None and found.modified < looked_at:
            # Whoever looked has hashed them, and since then nobody has written there.
            return True
        digest = hashlib.md5(usedforsecurity=False)
        with self.file_store.open(place) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == version.md5


def thumbnail(database: Database, number: int) -> Thumbnail | None:
    """Return a picture, whoever asks: for who was given a link to it."""
    rows = database.query(select(thumbnails).where(thumbnails.c.id == number))
    return thumbnail_of(rows[0]) if rows else None
