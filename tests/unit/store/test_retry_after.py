"""Servers say in two ways when they want to be asked again."""

from datetime import UTC, datetime

import pytest

from store.retry_after import retry_after

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("Fri, 02 Jan 2026 03:04:15 GMT", 10.0),
        ("Friday, 02-Jan-26 03:04:15 GMT", 10.0),
        ("Fri Jan  2 03:04:15 2026", 10.0),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0.0),
        ("9" * 400, 999_999_999.0),
        ("-1", None),
        ("1.5", None),
        ("\u0665", None),
        ("soon", None),
        ("", None),
        ("Fri, 99 Jan 2026 03:04:15 GMT", None),
    ],
)
def test_what_is_told(told: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": told}, NOW) == seconds


def test_nothing_told() -> None:
    assert retry_after({}, NOW) is None


def test_a_date_counts_from_the_clock_of_the_server() -> None:
    headers = {
        "Retry-After": "Fri, 02 Jan 2026 12:00:30 GMT",
        "Date": "Fri, 02 Jan 2026 12:00:00 GMT",
    }
    assert retry_after(headers, NOW) == 30.0
