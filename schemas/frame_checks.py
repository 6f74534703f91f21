"""What one field of a frame may be; each check returns what is kept, or raises `Wrong`.

Texts of errors are those of Django REST Framework 3.15, by which the OCS Science Archive 2.7 reads
what it is sent: people have learnt to search for them.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import JsonValue

from schemas.frame_moments import read_day, read_time
from schemas.types import has_control_characters

T = TypeVar("T")
Check = Callable[[JsonValue], T]

REQUIRED = "This field is required."
NULL = "This field may not be null."
BLANK = "This field may not be blank."

LARGEST_TEXT = 2000
"""Bytes of a text by which frames are found; PostgreSQL has no room for 2,700 in an index."""

_TIME = (
    "Datetime has wrong format. Use one of these formats instead: "
    "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
_DAY = "Date has wrong format. Use one of these formats instead: YYYY-MM-DD, YYYYMMDD."
_INTEGER = re.compile(r"\s*([+-]?[0-9]+)(?:\.0*)?\s*", re.ASCII)
_LONGEST_NUMBER = 1000
_MD5 = re.compile(r"[0-9a-fA-F]{32}", re.ASCII)


class Wrong(ValueError):  # noqa: N818 - a judgement on a value
    """This is not what the field may be; `says` is a list of texts, or what says more."""

    def __init__(self, says: str | JsonValue) -> None:
        self.says: JsonValue = [says] if isinstance(says, str) else says
        super().__init__(str(says))


def text(most: int, *, blank: bool = True) -> Check[str]:
    """Return the check of a text of so many characters at most, without space around it.

    It has `LARGEST_TEXT` bytes at most.
    """

    def check(value: JsonValue) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Wrong("Not a valid string.")
        found = str(value).strip()
        if "\0" in found:
            raise Wrong("Null characters are not allowed.")
        if not found and not blank:
            raise Wrong(BLANK)
        if len(found) > most:
            raise Wrong(f"Ensure this field has no more than {most} characters.")
        if len(found.encode(errors="replace")) > LARGEST_TEXT:
            raise Wrong(f"Ensure this field has no more than {LARGEST_TEXT} bytes.")
        return found

    return check


def basename(value: JsonValue) -> str:
    """Return a file name without its extension. It becomes part of paths."""
    found = text(1000, blank=False)(value)
    if "/" in found or ".." in found or "\\" in found:
        raise Wrong('A basename has no slash and no ".." in it.')
    if has_control_characters(found):
        raise Wrong("A basename has no control characters.")
    return found


def md5(value: JsonValue) -> str:
    """Return the digest in lowercase."""
    found = text(32, blank=False)(value)
    if not _MD5.fullmatch(found):
        raise Wrong("An MD5 has 32 hexadecimal digits.")
    return found.lower()


def integer(least: int, most: int) -> Check[int]:
    """Return the check of a whole number, or of its digits."""

    def check(value: JsonValue) -> int:
        number = _whole(value)
        if number > most:
            raise Wrong(f"Ensure this value is less than or equal to {most}.")
        if number < least:
            raise Wrong(f"Ensure this value is greater than or equal to {least}.")
        return number

    return check


def _whole(value: JsonValue) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        raise Wrong("String value too large.")
    found = _INTEGER.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong("A valid integer is required.")
    return int(found[1])


def number(value: JsonValue) -> float:
    """Return a number, which may be written as text."""
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        raise Wrong("String value too large.")
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "_" in str(value):
        raise Wrong("A valid number is required.")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise Wrong("A valid number is required.")
    return found


def time(value: JsonValue) -> datetime:
    """Return a time in UTC."""
    try:
        return read_time(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Wrong(_TIME) from error


def day(value: JsonValue) -> str:
    """Return a day as YYYY-MM-DD."""
    try:
        return read_day(value.strip() if isinstance(value, str) else "", compact=True)
    except ValueError as error:
        raise Wrong(_DAY) from error


def one_of(choices: Collection[str]) -> Check[str]:
    """Return the check of one of these words, in the same case."""

    def check(value: JsonValue) -> str:
        if not isinstance(value, str) or value not in choices:
            raise Wrong(f'"{_shown(value)}" is not a valid choice.')
        return value

    return check


def _shown(value: JsonValue) -> str:
    return value[:200] if isinstance(value, str) else str(value)[:200]


def extension(choices: Collection[str]) -> Check[str]:
    """Return the check of a file's extension that is known, with its dots."""

    def check(value: JsonValue) -> str:
        found = text(20, blank=False)(value)
        if found not in choices:
            raise Wrong(f'"{found}" is not a known extension; known are {", ".join(choices)}.')
        return found

    return check


def document(value: JsonValue) -> Mapping[str, JsonValue]:
    """Return a JSON object of which all is finite."""
    if not isinstance(value, dict):
        raise Wrong(f'Expected a dictionary of items but got type "{type_of(value)}".')
    if not _finite(value):
        raise Wrong("Value must be valid JSON.")
    return value


def _finite(value: JsonValue) -> bool:
    """Whether JSON can say it: `1e999` has been read as infinity. As deep as the parser allows."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def texts(item: Check[str], most: int) -> Check[tuple[str, ...]]:
    """Return the check of a list; what is wrong with items is told by their index."""

    def check(value: JsonValue) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Wrong(not_a_list(value))
        if len(value) > most:
            raise Wrong(f"Ensure this field has no more than {most} elements.")
        found: dict[str, None] = {}
        wrong: dict[str, JsonValue] = {}
        for index, one in enumerate(value):
            if one is None:
                wrong[str(index)] = [NULL]
                continue
            try:
                found[item(one)] = None
            except Wrong as error:
                wrong[str(index)] = error.says
        if wrong:
            raise Wrong(wrong)
        return tuple(found)

    return check


def not_a_list(value: JsonValue) -> str:
    """Return what is said of something else than a list."""
    return f'Expected a list of items but got type "{type_of(value)}".'


def not_an_object(value: JsonValue) -> str:
    """Return what is said of something else than an object."""
    return f"Invalid data. Expected a dictionary, but got {type_of(value)}."


def type_of(value: JsonValue) -> str:
    """Return what Python calls the type of a value: clients have seen it called so."""
    return type(value).__name__
