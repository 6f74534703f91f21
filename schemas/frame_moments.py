"""Times and days of frames, as clients write them and as they are served.

Clients of the OCS Science Archive 2.7 write ISO 8601 with `T` or a space, with or without seconds,
fraction and offset, or a date alone. What says no offset is UTC. A number of seconds or days since
whenever is no time.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    r"(?:[T ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,12}))?)?"
    r"\s?(?:[Zz]|(?P<sign>[+ -])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})?)?)?",
    re.ASCII,
)
_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)

_DIGITS = 6
"""Of a second's fraction: what is finer is cut off."""


def read_time(text: str) -> datetime:
    """Return the instant in UTC; ValueError: it is none, or outside of the years 1 to 9999."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError("this is no time")
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    fraction = (found["fraction"] or "")[:_DIGITS].ljust(_DIGITS, "0")
    local = datetime.combine(_date(found["day"]), time(hour, minute, second, int(fraction)))
    try:
        return local.replace(tzinfo=_offset(found)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("this is no time of a year from 1 to 9999") from error


def read_day(text: str, *, compact: bool = False) -> str:
    """Return a day as YYYY-MM-DD; `compact`: written YYYYMMDD, too. ValueError: it is none."""
    found = _DAY.fullmatch(text) or (_COMPACT_DAY.fullmatch(text) if compact else None)
    if found is None:
        raise ValueError("this is no day")
    return _date("-".join(found.groups())).isoformat()


def write_time(moment: datetime) -> str:
    """Return an aware time in UTC as clients read it: six digits of a fraction, or none at all."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _date(text: str) -> date:
    year, month, day = map(int, text.split("-"))
    return date(year, month, day)


def _offset(found: re.Match[str]) -> timezone:
    if found["sign"] is None:
        return UTC
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if minutes > 59:  # noqa: PLR2004 - of an hour
        raise ValueError("an hour has 60 minutes")
    distance = timedelta(hours=hours, minutes=minutes)
    # A `+` that nobody encoded in a query has become a space.
    return timezone(-distance if found["sign"] == "-" else distance)
