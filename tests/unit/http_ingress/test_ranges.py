"""Ranges and conditions, RFC 9110 sections 13 and 14."""

from datetime import UTC, datetime

import pytest

from http_ingress.ranges import (
    ByteRange,
    UnsatisfiableError,
    Validators,
    precondition,
    wanted_range,
)

ETAG = '"abc"'
IT = Validators(ETAG, datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC))
THEN = "Fri, 02 Jan 2026 03:04:05 GMT"
BEFORE = "Fri, 02 Jan 2026 03:04:04 GMT"


def test_times_are_told_in_whole_seconds() -> None:
    assert IT.last_modified == THEN


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-99", ByteRange(0, 100)),
        ("bytes=90-", ByteRange(90, 10)),
        ("bytes=90-1000", ByteRange(90, 10)),
        ("bytes=-10", ByteRange(90, 10)),
        ("bytes=-1000", ByteRange(0, 100)),
        ("Bytes = 5-6", ByteRange(5, 2)),
        ("bytes=0-1,4-5", None),
        ("bytes=7-6", None),
        ("bytes=-", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("nonsense", None),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_one_range_of_a_hundred_bytes(value: str, part: ByteRange | None) -> None:
    assert wanted_range({"Range": value}, IT, 100) == part


@pytest.mark.parametrize("value", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999-"])
def test_a_range_outside_is_said_to_be(value: str) -> None:
    with pytest.raises(UnsatisfiableError):
        wanted_range({"Range": value}, IT, 100)


def test_of_nothing_there_is_no_part() -> None:
    assert wanted_range({}, IT, 0) is None
    for value in ("bytes=0-", "bytes=-5"):
        with pytest.raises(UnsatisfiableError):
            wanted_range({"Range": value}, IT, 0)


@pytest.mark.parametrize(
    ("condition", "honoured"),
    [(ETAG, True), (THEN, True), ('W/"abc"', False), ('"other"', False), (BEFORE, False)],
)
def test_a_range_of_something_else_is_not_given(condition: str, honoured: bool) -> None:  # noqa: FBT001 - a parameter
    part = wanted_range({"Range": "bytes=0-9", "If-Range": condition}, IT, 100)
    assert (part is not None) is honoured


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"If-None-Match": ETAG}, 304),
        ({"If-None-Match": 'W/"abc"'}, 304),
        ({"If-None-Match": '"x", "abc"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, None),
        ({"If-None-Match": '"x"', "If-Modified-Since": THEN}, None),
        ({"If-Modified-Since": THEN}, 304),
        ({"If-Modified-Since": BEFORE}, None),
        ({"If-Modified-Since": "yesterday"}, None),
        ({"If-Modified-Since": "Fri, 02 Jan 2026 03:04:05"}, None),
        ({"If-Match": ETAG}, None),
        ({"If-Match": "*"}, None),
        ({"If-Match": 'W/"abc"'}, 412),
        ({"If-Match": '"x"'}, 412),
        ({"If-Unmodified-Since": THEN}, None),
        ({"If-Unmodified-Since": BEFORE}, 412),
        ({"If-Match": ETAG, "If-Unmodified-Since": BEFORE}, None),
        ({"If-Match": ETAG, "If-None-Match": ETAG}, 304),
    ],
)
def test_conditions(headers: dict[str, str], status: int | None) -> None:
    assert precondition(headers, IT) == status
