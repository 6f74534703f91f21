"""Lengths of time as people write them: `90s`, `1h30m`, `2d`."""

import re
from datetime import timedelta

_FORM = re.compile(
    r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9}(?:\.\d{1,3})?)s)?", re.ASCII
)
_UNITS = (("d", 86_400), ("h", 3600), ("m", 60))


def read_duration(text: str) -> timedelta:
    """Return a length of time. Raises ValueError."""
    found = _FORM.fullmatch(text)
    if not text or found is None:
        raise ValueError("must be written like 90s, 1h30m or 2d")
    days, hours, minutes, seconds = found.groups(default="0")
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def write_duration(seconds: float) -> str:
    """Return a length of time as `read_duration` reads it."""
    parts = []
    rest = seconds
    for unit, size in _UNITS:
        whole, rest = divmod(rest, size)
        if whole:
            parts.append(f"{whole:.0f}{unit}")
    if rest or not parts:
        parts.append(f"{round(rest, 3):g}s")
    return "".join(parts)
