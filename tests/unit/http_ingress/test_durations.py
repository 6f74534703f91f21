"""Lengths of time as people write them."""

from datetime import timedelta

import pytest

from http_ingress.durations import read_duration, write_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90s", 90),
        ("1.5s", 1.5),
        ("30m", 1800),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1d2h3m4s", 93_784),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "1", "s", "-1s", "1s1m", "1 h", "1w", "1e3s", ".5s", "1.5h", "PT1H", "\uff19s", "9" * 20],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1h30m"):
        read_duration(text)


@pytest.mark.parametrize("text", ["0s", "1m30s", "1.5s", "30m", "1h30m", "2d", "1d2h3m4s"])
def test_what_is_written_is_read(text: str) -> None:
    assert write_duration(read_duration(text).total_seconds()) == text
