"""What a file is called inside a package: nothing that leads anywhere."""

import unicodedata
from urllib.parse import unquote, urlsplit

_LONGEST = 200
"""Bytes of UTF-8, well below what file systems hold."""
_NAMELESS = {"", ".", ".."}


def member_name(url: str, resource_id: str) -> str:
    """Return the name for the file at a URL: the last segment of its path that has one.

    Percent-decoded, and without what could lead out of a folder. Where the path has no name, the
    resource's id is one.
    """
    segments = reversed(urlsplit(url).path.split("/"))
    named = (_safe(unquote(segment)) for segment in segments if segment)
    return next(named, "") or _safe(resource_id) or "file"


def _safe(text: str) -> str:
    """Return what is after the last separator, without what cannot be seen; empty: nothing is."""
    name = text.replace("\\", "/").rpartition("/")[2]
    name = "".join(one for one in name if unicodedata.category(one) not in {"Cc", "Cf", "Cs"})
    name = unicodedata.normalize("NFC", name).strip()
    name = name.encode()[:_LONGEST].decode(errors="ignore").rstrip()
    return "" if name in _NAMELESS else name
