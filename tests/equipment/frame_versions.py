"""Versions of frames that nobody has posted."""

from datetime import UTC, datetime

from store.frames.values import Version

_NOW = datetime(2026, 11, 21, tzinfo=UTC)


def version(number: int, extension: str) -> Version:
    """Return a version of which nothing is known but that it is there."""
    return Version(
        id=number,
        uid=f"uid-{number}",
        frame=1,
        key=f"key-{number}",
        md5=f"{number:032x}",
        extension=extension,
        created_at=_NOW,
        path=None,
        object_key=None,
        size=None,
        sha256=None,
        crc32=None,
        fixity=None,
        looked_at=None,
    )
