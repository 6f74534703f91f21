"""Constrained field types that carry their unit or their form."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

ByteCount = Annotated[int, Field(ge=0, description="A number of bytes.")]
Sha256Hex = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$", to_lower=True), Field(description="SHA-256.")
]
Md5Hex = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{32}$", to_lower=True), Field(description="MD5.")
]
ObjectKey = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
MediaType = Annotated[
    str,
    StringConstraints(
        max_length=255, pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?$"
    ),
    Field(description="A media type, RFC 9110 section 8.3.1."),
]

LONGEST_NAME = 1024
"""Bytes of UTF-8 in a file name, slashes included: what an S3 key may hold."""
LONGEST_SEGMENT = 255
"""Bytes of UTF-8 between two slashes: what common file systems hold."""


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


FileName = Annotated[
    str,
    AfterValidator(check_file_name),
    Field(description="A relative path of plain segments, Unicode NFC, at most 1024 bytes."),
]

_ATTRIBUTE = re.compile(r"^[a-z0-9]{1,20}$")


def is_attribute_name(name: str) -> bool:
    """Whether CloudEvents 1.0 allows `name` for a context attribute."""
    return _ATTRIBUTE.match(name) is not None
