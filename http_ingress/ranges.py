"""Ranges and conditions of RFC 9110 (sections 13 and 14), for a representation that never changes.

Pure functions of headers; a strong entity tag and a whole-second modification time are given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,19})-([0-9]{0,19})[ \t]*", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True, slots=True)
class Validators:
    """What a representation is recognised by."""

    etag: str
    """Strong, with its quotes."""
    modified: datetime
    """UTC; fractions of a second are not seen."""

    @property
    def last_modified(self) -> str:
        """The Last-Modified header."""
        return format_datetime(self.modified.replace(microsecond=0), usegmt=True)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a representation."""

    start: int
    length: int


class UnsatisfiableError(ValueError):
    """No byte of the representation is in the range."""


def precondition(headers: Mapping[str, str], validators: Validators) -> int | None:
    """Return 304 or 412 when the request's conditions say so; None: go on (section 13.2.2)."""
    if "If-Match" in headers:
        if not _lists(headers["If-Match"], validators.etag, weakly=False):
            return 412
    elif (since := _date(headers.get("If-Unmodified-Since"))) and _later(validators, since):
        return 412
    if "If-None-Match" in headers:
        return 304 if _lists(headers["If-None-Match"], validators.etag, weakly=True) else None
    since = _date(headers.get("If-Modified-Since"))
    return 304 if since and not _later(validators, since) else None


def wanted_range(headers: Mapping[str, str], validators: Validators, size: int) -> ByteRange | None:
    """Return the one range that is asked for; None: all of it.

    Several ranges, other units and ranges that are malformed are not honoured, as section 14.2
    allows. Raises UnsatisfiableError.
    """
    match = _RANGE.fullmatch(headers.get("Range", ""))
    if match is None or not (match[1] or match[2]) or not _if_range(headers, validators):
        return None
    if not match[1]:
        length = min(int(match[2]), size)
        start, end = size - length, size - 1
    else:
        start, end = int(match[1]), size - 1
        if match[2]:
            if int(match[2]) < start:
                return None
            end = min(int(match[2]), end)
    if start > end:
        raise UnsatisfiableError
    return ByteRange(start, end - start + 1)


def _if_range(headers: Mapping[str, str], validators: Validators) -> bool:
    condition = headers.get("If-Range")
    if condition is None:
        return True
    return condition.strip() in {validators.etag, validators.last_modified}


def _lists(value: str, etag: str, *, weakly: bool) -> bool:
    if value.strip() == "*":
        return True
    tags = _TAG.findall(value)
    return etag in tags or (weakly and f"W/{etag}" in tags)


def _later(validators: Validators, since: datetime) -> bool:
    return validators.modified.replace(microsecond=0) > since


def _date(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    # Without a zone it is no HTTP date, and cannot be compared.
    return moment if moment.tzinfo is not None else None
