"""How long a server asks to be left alone: RFC 9110 section 10.2.3."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DIGITS = 9
"""Thirty years in seconds; what is longer is cut."""


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that the header `Retry-After` asks for; None when it says nothing clear.

    A date counts from the response's own `Date`, as the two clocks may differ; without that from
    `now`.
    """
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:_DIGITS])
    until = _moment(told)
    if until is None:
        return None
    since = _moment(headers.get("Date", "")) or now
    return max(0.0, (until - since).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
