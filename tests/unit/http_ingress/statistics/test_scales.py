"""Scales of plots: units that fit, and ticks on days and hours."""

from datetime import UTC, datetime, timedelta

import pytest

from http_ingress.statistics.plots.scales import (
    bytes_unit,
    joined,
    seconds_text,
    seconds_unit,
    time_ticks,
    years,
)

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.001, "1 ms"),
        (0.0123, "12 ms"),
        (1.5, "1.5 s"),
        (60, "1 min"),
        (36_000, "10 h"),
        (864_000, "10 d"),
    ],
)
def test_a_time_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert seconds_text(seconds).replace("\N{NO-BREAK SPACE}", " ") == text


def test_units_fit_the_largest() -> None:
    assert (bytes_unit(999).name, bytes_unit(1000).name) == ("bytes", "kB")
    assert bytes_unit(5e20).name == "PB"
    assert (seconds_unit(0).name, seconds_unit(119).name) == ("seconds", "seconds")
    assert (seconds_unit(120).name, seconds_unit(200_000).name) == ("minutes", "days")


@pytest.mark.parametrize("days", [1, 2, 7, 31, 366])
@pytest.mark.parametrize("most", [4, 14])
def test_ticks_are_few_and_within(days: int, most: int) -> None:
    end = BEGIN + timedelta(days=days)
    ticks = time_ticks(BEGIN, end, most)
    assert 1 <= len(ticks) <= most
    assert ticks[0] == (BEGIN, "20\N{NO-BREAK SPACE}Nov")
    assert all(BEGIN <= at < end for at, _ in ticks)


def test_hours_of_a_single_day_are_named() -> None:
    names = [name for _, name in time_ticks(BEGIN, BEGIN + timedelta(days=1), 4)]
    assert names == ["20\N{NO-BREAK SPACE}Nov", "06:00", "12:00", "18:00"]


def test_words() -> None:
    assert years(BEGIN, BEGIN + timedelta(days=42)) == "2026"
    assert years(BEGIN, BEGIN + timedelta(days=43)) == "2026\N{EN DASH}2027"
    assert [joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
