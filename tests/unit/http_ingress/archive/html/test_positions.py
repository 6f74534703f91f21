"""Positions on the sky as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http_ingress.archive.html.positions import (
    PositionError,
    arc,
    hours,
    plain,
    read_dec,
    read_ra,
)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        *(("150.05", 150.05), (" 0 ", 0), ("-210", -210), ("510.", 510), (".5", 0.5)),
        *(
            ("10:00:12", 150.05),
            ("10 00 12.0", 150.05),
            ("0:30", 7.5),
            ("23:59:59.9", 359.99958333),
        ),
    ],
)
def test_a_right_ascension(text: str, degrees: float) -> None:
    assert read_ra(text) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        *(("2.05", 2.05), ("+2.05", 2.05), ("-90", -90), ("\N{MINUS SIGN}2", -2)),
        *(("+02:03:00", 2.05), ("-0:30", -0.5), ("-00 00 36", -0.01)),
    ],
)
def test_a_declination(text: str, degrees: float) -> None:
    assert read_dec(text) == pytest.approx(degrees)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "nan", "inf", "1e3", "10:60:00", "10:00:60", "1:2:3:4", "10h", "٣", "1,5"),
        *("99999", "1" * 5000, "10:00:12\0", "50:00:00"),
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(PositionError, match="Enter degrees"):
        read_ra(text)
    if text != "50:00:00":
        with pytest.raises(PositionError, match="Enter degrees"):
            read_dec(text)


@pytest.mark.parametrize(
    ("degrees", "as_ra", "as_dec"),
    [
        (0, "00:00:00.0", "+00:00:00"),
        (-0.0001, "00:00:00.0", "-00:00:00"),
        (59.99999, "04:00:00.0", "+60:00:00"),
        (-12.5, "23:10:00.0", "-12:30:00"),
    ],
)
def test_how_they_are_written(degrees: float, as_ra: str, as_dec: str) -> None:
    assert (hours(degrees), arc(degrees)) == (as_ra, as_dec)


@settings(max_examples=50)
@given(st.floats(0, 360), st.floats(-90, 90))
def test_what_is_written_is_read_again(ra: float, dec: float) -> None:
    assert (read_ra(hours(ra)) - ra + 180) % 360 - 180 == pytest.approx(0, abs=0.1 * 15 / 3600)
    assert read_dec(arc(dec)) == pytest.approx(dec, abs=1 / 3600)
    assert read_ra(plain(ra)) == pytest.approx(ra, abs=1e-9)
    assert "e" not in plain(dec * 1e-9)
