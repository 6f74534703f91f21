"""How pages say what a record says: lengths of time, statuses, launch modes, values of any kind."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from schemas.record_status import is_open, status_of

_GOOD = {"finished", "succeeded"}
_BAD = {"failed", "crashed", "killed"}
_DAY = 86_400
_LARGEST_SIZE = 2**63
_VERSION_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Status:
    """What has become of a run."""

    tag: str
    """The one that says it."""
    word: str
    tone: Literal["good", "bad", "waits", "plain"]


def status(tags: Iterable[str]) -> Status | None:
    """Return what a record's tags say has become of the run; None: nothing."""
    known = list(tags)
    tag = status_of(known)
    if tag is None:
        return None
    word = tag.strip("_.").replace("_", " ") or tag
    if is_open(known):
        return Status(tag, "running", "waits")
    return Status(tag, word, "good" if word in _GOOD else "bad" if word in _BAD else "plain")


def duration(seconds: float | None) -> str:
    """Return a length of time as people read it, by its two largest units: `3 min 12 s`."""
    if seconds is None:
        return "\N{EN DASH}"
    if 0 < seconds < 0.001:  # noqa: PLR2004 - seconds, as all below
        return "under 0.001 s"
    if not 60 <= seconds < 10_000 * _DAY:  # noqa: PLR2004
        return f"{float(seconds):.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def launch_mode(mode: Mapping[str, Any]) -> str:
    """Return how a run was launched: `serial`, or `distributed, n=8`."""
    name = str(mode["type"])
    if name.startswith("Serial"):
        return "serial"
    number = mode["parameters"].get("n")
    return "distributed" if number is None else f"distributed, n={plain(number)}"


def executable(program: Mapping[str, Any]) -> str:
    """Return the name of a program and its version."""
    return " ".join(filter(None, (program["name"], program["version"])))


def short_version(version: str) -> str:
    """Return the beginning of a revision's id, long enough to tell it from others."""
    short = version[: _VERSION_CHARACTERS - 2] + "…"
    return version if len(version) <= _VERSION_CHARACTERS else short


def last_part(place: str) -> str:
    """Return the last part of a path or URL; all of it, if there is none."""
    return place.replace("\\", "/").rstrip("/").rpartition("/")[2] or place


def byte_count(metadata: Mapping[str, Any]) -> int | None:
    """Return the size of a file in bytes, if its metadata say a size that can be one."""
    size = metadata.get("size")
    if isinstance(size, bool) or not isinstance(size, int):
        return None
    return size if 0 <= size < _LARGEST_SIZE else None


def plain(value: object) -> str:
    """Return any JSON value as text; a text is itself, and null is a dash."""
    if value is None:
        return "\N{EN DASH}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
