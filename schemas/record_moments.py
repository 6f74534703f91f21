"""Timestamps of records: one form is served, a few are read.

Sumatra's client parses `2024-05-01 10:00:00+0000` and fails on fractions of a second, so none are
kept. What it sends has no offset at all when a clock without a time zone wrote it.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

from schemas.record_faults import FieldError

_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[ T](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2}))?"
)
_FORM = "must be a timestamp like 2024-05-01 10:00:00+0000"


def read_moment(text: str) -> datetime:
    """Return the instant in UTC to the second; a timestamp without offset is UTC.

    Raises FieldError when it is in no known form, or outside of the years 1 to 9999.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise FieldError(_FORM)
    try:
        local = datetime.fromisoformat(f"{found['day']} {found['time']}")
        return local.replace(tzinfo=_offset(found)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise FieldError(_FORM) from None


def write_moment(moment: datetime) -> str:
    """Return an aware `moment` as it is served, like `2024-05-01 10:00:00+0000`."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{plain.isoformat(sep=' ', timespec='seconds')}+0000"


def _offset(found: re.Match[str]) -> timezone:
    if found["sign"] is None:
        return UTC
    hours, minutes = int(found["hours"]), int(found["minutes"])
    if minutes > 59:  # noqa: PLR2004 - of an hour
        raise FieldError(_FORM)
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if found["sign"] == "-" else distance)
