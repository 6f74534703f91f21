"""What a member of a zip may be called: what every reader unpacks below the folder it was told."""

import re
from collections.abc import Sequence

_LONGEST = 0xFFFF
"""Bytes of UTF-8 that a header can count (APPNOTE.TXT 4.4.10)."""
_DRIVE = re.compile("[A-Za-z]:")
_UNWELCOME = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters, which UTF-8 cannot say."""
_NOWHERE = {"", ".", ".."}


def require_safe(names: Sequence[str]) -> None:
    """Raise ValueError unless each name is a relative path that leads down, and occurs once.

    Segments are separated by `/` (APPNOTE.TXT 4.4.17). A name that would be absolute anywhere,
    Windows included, is refused, and so is a folder.
    """
    seen = set()
    for name in names:
        if reason := _fault(name):
            raise ValueError(f"{name!r} cannot be the name of a member: it {reason}")
        if name in seen:
            raise ValueError(f"two members are called {name!r}")
        seen.add(name)


def _fault(name: str) -> str | None:
    """Return what is wrong with a name; None: nothing."""
    if _UNWELCOME.search(name):
        return "has a character that nobody could see"
    if "\\" in name:
        return "has a backslash, which some take for a separator"
    if _DRIVE.match(name):
        return "begins like a drive"
    if not _NOWHERE.isdisjoint(name.split("/")):
        return "is no path that leads down to a file"
    if len(name.encode()) > _LONGEST:
        return f"is longer than {_LONGEST} bytes"
    return None
