"""Where in the file store clients put a frame's bytes, by the rules of ocs-archive 0.5.

======================  ===========================================================
normal                  `<site>/<instrument>/<YYYYMMDD>/<raw or processed>/<file>`
bad-pixel mask          `<site>/<instrument>/bpm/<file>`
thumbnail (JPEG)        `<site>/<instrument>/<YYYYMMDD>/thumbnails/<file>`
======================  ===========================================================
"""

import re
from collections.abc import Mapping

from pydantic import JsonValue

from schemas.types import LONGEST_SEGMENT, has_control_characters
from store.errors import MunimentError

_MASK = "BPM"
_MASKS_NAME = re.compile(r"(^|-)bpm-|-bpm$")
_PICTURES = (".jpg", ".jpeg")
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")


class UnsafePathError(MunimentError):
    """A part of a path would lead elsewhere, or can be no file's name."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field


def store_path(fields: Mapping[str, JsonValue]) -> str:
    """Return the path below the file store of the first version in the body of `POST /frames/`.

    Of it are read `site_id`, `instrument_id`, `observation_day` (YYYYMMDD, with or without
    dashes), `reduction_level`, `configuration_type`, `headers`, `basename`, and
    `version_set[0].extension`. Raises UnsafePathError for a part that is not a text of 1 to 255
    bytes, is `.` or `..`, or has a slash, a backslash or a control character.
    """
    extension = _extension(fields)
    place = [_part(fields, "site_id"), _part(fields, "instrument_id")]
    if extension == ".fits.fz" and _is_mask(fields):
        place.append("bpm")
    else:
        place += [_day(fields), _kind(fields, extension)]
    return "/".join([*place, _checked("basename", _part(fields, "basename") + extension)])


def _kind(fields: Mapping[str, JsonValue], extension: str) -> str:
    if extension in _PICTURES:
        return "thumbnails"
    return "processed" if fields.get("reduction_level") else "raw"


def _is_mask(fields: Mapping[str, JsonValue]) -> bool:
    headers = fields.get("headers")
    named = headers.get("EXTNAME") if isinstance(headers, Mapping) else None
    return (
        _MASK in (fields.get("configuration_type"), named)
        or _MASKS_NAME.search(str(fields.get("basename")).replace("_", "-")) is not None
    )


def _day(fields: Mapping[str, JsonValue]) -> str:
    day = _DAY.fullmatch(_part(fields, "observation_day"))
    if day is None:
        raise UnsafePathError("observation_day", "must be YYYYMMDD")
    return "".join(day.groups())


def _extension(fields: Mapping[str, JsonValue]) -> str:
    versions = fields.get("version_set")
    first = versions[0] if isinstance(versions, list) and versions else None
    extension = first.get("extension") if isinstance(first, Mapping) else None
    return _checked("extension", extension)


def _part(fields: Mapping[str, JsonValue], name: str) -> str:
    return _checked(name, fields.get(name))


def _checked(name: str, value: JsonValue) -> str:
    if not isinstance(value, str) or not value:
        raise UnsafePathError(name, "must be a text, and not empty")
    if value in {".", ".."} or "/" in value or "\\" in value or has_control_characters(value):
        raise UnsafePathError(name, "must not have slashes or control characters, nor be dots")
    if len(value.encode()) > LONGEST_SEGMENT:
        raise UnsafePathError(name, f"must not be longer than {LONGEST_SEGMENT} bytes")
    return value
