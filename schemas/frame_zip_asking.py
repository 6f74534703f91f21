"""What may be asked of a zip of frames, and what is said when it may not be.

Texts of errors are those of the OCS Science Archive 2.7, which reads requests with Django REST
Framework.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from schemas import frame_checks as checks
from schemas.frame_checks import NULL, REQUIRED, Wrong
from schemas.frame_posting import NON_FIELD, PostError

MOST_FRAMES = 10_000
"""Frames of one zip: their names and sizes are held in memory while it is sent."""

_TRUE = {"t", "y", "yes", "true", "on", "1"}
_FALSE = {"f", "n", "no", "false", "off", "0", ""}
_ID = checks.integer(1, 2**63)


@dataclass(frozen=True, slots=True)
class ZipAsked:
    """A zip of the newest versions of frames."""

    frames: tuple[int, ...]
    uncompress: bool = False
    """Whether compressed FITS is to be made plain."""
    catalogues: bool = False
    """Whether of reduced frames only the catalogue is wanted."""
    token: str = field(default="", repr=False)
    """By which the asker is known, where it could not be sent as a header; empty: none."""


def read_zip_asked(body: JsonValue, most_uncompressed: int) -> ZipAsked:
    """Return what was asked. Raises PostError that names every wrong field."""
    if not isinstance(body, dict):
        raise PostError({NON_FIELD: [checks.not_an_object(body)]})
    given: dict[str, Any] = {}
    errors: dict[str, JsonValue] = {}
    for name, check in _CHECKS.items():
        try:
            given[name] = check(body[name]) if name in body else _DEFAULTS[name]
        except Wrong as error:
            errors[name] = error.says
        except KeyError:
            errors[name] = [REQUIRED]
    if errors:
        raise PostError(errors)
    asked = ZipAsked(*(given[name] for name in _CHECKS))
    if asked.uncompress and len(asked.frames) > most_uncompressed:
        text = (
            f"A maximum of {most_uncompressed} frames can be downloaded with the uncompress flag. "
            "Please try again with fewer frame_ids."
        )
        raise PostError({NON_FIELD: [text]})
    if len(asked.frames) > MOST_FRAMES:
        raise PostError({NON_FIELD: [f"A maximum of {MOST_FRAMES} frames can be downloaded."]})
    return asked


def _ids(value: JsonValue) -> tuple[int, ...]:
    if value is None:
        raise Wrong(NULL)
    if not isinstance(value, list):
        raise Wrong(checks.not_a_list(value))
    found, errors = [], {}
    for index, one in enumerate(value):
        try:
            found.append(_id(one))
        except Wrong as error:
            errors[str(index)] = error.says
    if errors:
        raise Wrong(errors)
    return tuple(found)


def _id(value: JsonValue) -> int:
    if value is None:
        raise Wrong(NULL)
    return _ID(value)


def _truth(value: JsonValue) -> bool:
    said = str(value).lower() if isinstance(value, str | int | float) else None
    if said in {"1.0", "0.0"}:
        said = said[0]
    if said in _TRUE:
        return True
    if said in _FALSE:
        return False
    raise Wrong(NULL if value is None else "Must be a valid boolean.")


def _token(value: JsonValue) -> str:
    return "" if value is None else checks.text(1000)(value)


_CHECKS: dict[str, Callable[[JsonValue], Any]] = {
    "frame_ids": _ids,
    "uncompress": _truth,
    "catalog_only": _truth,
    "auth_token": _token,
}
_DEFAULTS = {"uncompress": False, "catalog_only": False, "auth_token": ""}
