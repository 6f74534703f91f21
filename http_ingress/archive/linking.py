"""URLs of bytes: the file store's own, where it gives some, or else signed ones of ours.

Anybody who has such a URL may read the bytes for as long as it works: clients hand them to programs
that know no token.
"""

from datetime import datetime

from store.archive.links import Kind, link
from store.file_stores.ports import FileStore, Place
from store.frames.values import Thumbnail, Version

_ROUND = 3600
"""Seconds: links of one hour end together, so that the same answer is the same text."""


class Links:
    """Makes URLs for one answer."""

    def __init__(
        self, file_store: FileStore, secret: str, base: str, seconds: int, now: datetime
    ) -> None:
        """`base` is scheme, host and port of ours; links made now work so many seconds."""
        self._file_store = file_store
        self._secret = secret
        self._base = base
        self._seconds = seconds
        self._expires = (int(now.timestamp()) // _ROUND + 1) * _ROUND + seconds

    def version(self, version: Version, filename: str | None = None) -> str:
        """Return the URL of a version; empty: there are no bytes."""
        name = filename or _name_of(version)
        if version.object_key is None:
            theirs = self._theirs(version.path, version.key, name)
            if theirs is not None:
                return theirs
        return self._ours("content", version.id, name)

    def thumbnail(self, thumbnail: Thumbnail) -> str:
        """Return the URL of a picture; empty: there are no bytes."""
        name = thumbnail.basename + thumbnail.extension
        if thumbnail.object_key is None:
            theirs = self._theirs(thumbnail.path, thumbnail.key, name)
            if theirs is not None:
                return theirs
        return self._ours("thumbnail-content", thumbnail.id, name)

    def _theirs(self, path: str | None, key: str, name: str) -> str | None:
        """Return the file store's URL; None: it has none to give, and we have to."""
        if path is None or self._file_store.kind == "dummy":
            return ""
        return self._file_store.url(Place(path, key), name, self._seconds)

    def _ours(self, kind: Kind, number: int, name: str) -> str:
        return f"{self._base}{link(self._secret, kind, number, name, self._expires)}"


def _name_of(version: Version) -> str:
    if version.path is not None:
        return version.path.rpartition("/")[2]
    return f"{version.md5}{version.extension}"
