"""Constrained field types that carry their unit or their form."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, StringConstraints
from pydantic_core import from_json, to_json

ByteCount = Annotated[int, Field(ge=0)]
"""A number of bytes."""
Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{64}$", to_lower=True)]
Md5Hex = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{32}$", to_lower=True)]
ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
MediaType = Annotated[
    str,
    StringConstraints(
        max_length=255, pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?$"
    ),
]
"""A media type, RFC 9110 section 8.3.1."""

LONGEST_NAME = 1024
"""Bytes of UTF-8 in a file name, slashes included: what an S3 key may hold."""
LONGEST_SEGMENT = 255
"""Bytes of UTF-8 between two slashes: what common file systems hold."""


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def has_control_characters(text: str) -> bool:
    """Whether `text` has what CloudEvents forbids in an attribute: line ends, lone surrogates."""
    return not text.isprintable() and _CONTROL.search(text) is not None


def _line(text: str) -> str:
    if has_control_characters(text):
        raise ValueError("must not contain control characters")
    return text


Line = Annotated[str, AfterValidator(_line), Field(description="Text without control characters.")]


def write_json(value: object) -> bytes:
    """Return `value` as JSON text, or raise ValueError when JSON cannot say one of its numbers.

    `1e999` is JSON, yet is read as infinity, which is none.
    """
    text = to_json(value)
    if b"Infinity" in text or b"NaN" in text:  # the constants, or a string that has the word
        try:
            from_json(text, allow_inf_nan=False)
        except ValueError:
            raise ValueError("must not have a number that no double can hold") from None
    return text


T = TypeVar("T")


def _sayable(value: T) -> T:
    write_json(value)
    return value


AnyJson = Annotated[JsonValue, AfterValidator(_sayable)]
JsonObject = Annotated[dict[str, JsonValue], AfterValidator(_sayable)]


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("must be UTC (end in Z)")
    return moment


UtcTime = Annotated[AwareDatetime, AfterValidator(_utc)]


def check_file_name(name: str) -> str:
    """Return `name` in Unicode NFC, or raise ValueError with what is wrong with it.

    A name is a relative path of plain segments: it can be shown, mailed, put into a zip and
    written below a folder without leaving it.
    """
    name = unicodedata.normalize("NFC", name)
    if not name:
        raise ValueError("must not be empty")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise ValueError("must not contain control characters")
    if "\\" in name:
        raise ValueError("must not contain a backslash; use / between folders")
    if len(name.encode()) > LONGEST_NAME:
        raise ValueError(f"must not be longer than {LONGEST_NAME} bytes")
    for segment in name.split("/"):
        if segment in {"", ".", ".."}:
            raise ValueError("must be a relative path without empty, '.' or '..' segments")
        if len(segment.encode()) > LONGEST_SEGMENT:
            raise ValueError(f"must not have a segment longer than {LONGEST_SEGMENT} bytes")
    return name


FileName = Annotated[str, AfterValidator(check_file_name)]
"""A relative path of plain segments, Unicode NFC, at most 1024 bytes."""

_ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")


def is_attribute_name(name: str) -> bool:
    """Whether CloudEvents 1.0 allows `name` for a context attribute."""
    return _ATTRIBUTE.fullmatch(name) is not None
