"""Times and days of frames, read and written."""

from datetime import UTC, datetime

import pytest

from schemas.frame_moments import read_day, read_time, write_time

MOMENT = datetime(2024, 3, 5, 4, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-05T04:05:06", MOMENT),
        ("2024-03-05 04:05:06", MOMENT),
        (" 2024-03-05T04:05:06Z ", MOMENT),
        ("2024-03-05T04:05:06z", MOMENT),
        ("2024-03-05T04:05:06.0", MOMENT),
        ("2024-03-05T06:05:06+02:00", MOMENT),
        ("2024-03-05T06:05:06+0200", MOMENT),
        ("2024-03-05T06:05:06+02", MOMENT),
        ("2024-03-05T06:05:06 02:00", MOMENT),
        ("2024-03-04T23:05:06-05:00", MOMENT),
        ("2024-03-05T04:05:06.789", MOMENT.replace(microsecond=789_000)),
        ("2024-03-05T04:05:06,5", MOMENT.replace(microsecond=500_000)),
        ("2024-03-05T04:05:06.123456789", MOMENT.replace(microsecond=123_456)),
        ("2024-03-05T04:05", MOMENT.replace(second=0)),
        ("2024-3-5 4:05", MOMENT.replace(second=0)),
        ("2024-03-05", MOMENT.replace(hour=0, minute=0, second=0)),
        ("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_utc(text: str, moment: datetime) -> None:
    assert read_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "1709611506", "1709611506.5", "20240305", "2024-03", "2024-03-05T"),
        *("2024-02-30", "2024-13-01", "0000-01-01", "2024-03-05T24:00", "2024-03-05T04:05:60"),
        *("2024-03-05T04:05:06+02:60", "2024-03-05T04:05:06+24:00", "0001-01-01T00:00+01:00"),
        *("9999-12-31T23:59-01:00", "2024-03-05T04:05:06ZZ", "2024-03-05T04", "2024-W10-2"),
        *("\u0662024-03-05", "2024-03-05T04:05:06.", "2024-03-05\n04:05"),
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time|must be|out of range|minutes|offset|year"):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "compact", "day"),
    [
        ("2024-03-04", False, "2024-03-04"),
        ("2024-3-4", False, "2024-03-04"),
        ("2024-03-04", True, "2024-03-04"),
        ("20240304", True, "2024-03-04"),
    ],
)
def test_a_day_is_read(text: str, compact: bool, day: str) -> None:  # noqa: FBT001 - a case
    assert read_day(text, compact=compact) == day


@pytest.mark.parametrize(
    ("text", "compact"),
    [
        *(("20240304", False), ("2024-02-30", False), ("", False), ("04.03.2024", False)),
        *(("20240230", True), ("2024034", True), ("2024-03-04T00:00", True), ("00000101", True)),
    ],
)
def test_what_is_no_day_is_refused(text: str, compact: bool) -> None:  # noqa: FBT001 - a case
    with pytest.raises(ValueError, match=r"no day|out of range|must be"):
        read_day(text, compact=compact)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2024-03-05T04:05:06Z"),
        (MOMENT.replace(microsecond=789_000), "2024-03-05T04:05:06.789000Z"),
        (MOMENT.replace(microsecond=1), "2024-03-05T04:05:06.000001Z"),
    ],
)
def test_a_time_has_six_digits_of_a_fraction_or_none(moment: datetime, text: str) -> None:
    assert write_time(moment) == text
    assert read_time(text) == moment
