"""Timestamps of records: one instant, however it was written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.record_moments import read_moment, write_moment

TEN = datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01 10:00:00+0000",
        "2024-05-01T10:00:00+0000",
        "2024-05-01 10:00:00",
        "2024-05-01T10:00:00",
        "2024-05-01T10:00:00Z",
        "2024-05-01 10:00:00+00:00",
        "2024-05-01 10:00:00-00:00",
        "2024-05-01 10:00:00.999999+0000",
        "2024-05-01T10:00:00.1",
        "2024-05-01T10:00:00.1234567890123Z",
        "2024-05-01 12:00:00+0200",
        "2024-05-01 04:30:00-05:30",
    ],
)
def test_one_instant_is_read_from_every_form_and_served_in_one(text: str) -> None:
    assert read_moment(text) == TEN
    assert read_moment(text).tzinfo is UTC
    assert write_moment(read_moment(text)) == "2024-05-01 10:00:00+0000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-05-01",
        "2024-05-01 10:00",
        "2024-05-01  10:00:00",
        "2024-05-01t10:00:00",
        "2024-05-01T10:00:00z",
        "2024-05-01 10:00:00 +0000",
        "2024-05-01 10:00:00 00:00",
        "2024-05-01 10:00:00+00",
        "2024-05-01 10:00:00+0060",
        "2024-05-01 10:00:00+2400",
        "2024-05-01 10:00:00.",
        "2024-05-01 10:00:00\n",
        " 2024-05-01 10:00:00",
        "2024-02-30 10:00:00",
        "2023-02-29 10:00:00",
        "2024-05-01 24:00:00",
        "2024-05-01 10:00:60",
        "0000-01-01 00:00:00",
        "0001-01-01 00:00:00+0100",
        "9999-12-31 23:59:59-0001",
        "10000-01-01 00:00:00",
        "٢٠٢٤-05-01 10:00:00",
        "1714557600",
        "yesterday",
    ],
)
def test_anything_else_is_no_timestamp(text: str) -> None:
    with pytest.raises(ValueError, match="must be a timestamp like"):
        read_moment(text)


def test_the_served_form_is_utc_without_fractions() -> None:
    east = datetime(2024, 5, 1, 12, 0, 0, 999999, timezone(timedelta(hours=2)))
    assert write_moment(east) == "2024-05-01 10:00:00+0000"


def test_years_have_four_digits() -> None:
    assert write_moment(datetime(33, 4, 3, tzinfo=UTC)) == "0033-04-03 00:00:00+0000"
