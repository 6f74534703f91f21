"""Deterministic object keys: the same thing always has the same key, so writing twice is once."""

from datetime import date


def content_key(sha256: str) -> str:
    """Return the key of archived bytes: their digest, fanned out so that no folder grows huge."""
    return f"content/{sha256[:2]}/{sha256[2:4]}/{sha256}"


STAGING = "staging/"
"""Prefix of bytes that have been received but not archived."""


def staging_key(upload_id: str) -> str:
    """Return the key of an upload's bytes."""
    return STAGING + upload_id


PACKAGES = "packages/"
"""Prefix of zips that can be downloaded."""


def package_key(name: str) -> str:
    """Return the key of a zip."""
    return PACKAGES + name


FRAMES = "frames/"
"""Prefix of what the file store keeps, and is no object of ours (`store.frames.objects`)."""


def frame_key(uid: str) -> str:
    """Return the key by which the bytes of a frame's version are read, wherever they are."""
    return FRAMES + uid


DISCARDED = "discarded/"
"""Prefix of what nobody needs any more (`store.discarded`)."""


def discarded_key(sha256: str, day: date) -> str:
    """Return the key of bytes that were set aside on a day."""
    return f"{DISCARDED}{day.isoformat()}/{sha256}"
