"""Constrained types: what they refuse, and what they bring into one form."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.types import (
    LONGEST_NAME,
    LONGEST_SEGMENT,
    AnyJson,
    ByteCount,
    FileName,
    JsonObject,
    Line,
    Md5Hex,
    MediaType,
    Sha256Hex,
    UtcTime,
    check_file_name,
    has_control_characters,
    is_attribute_name,
    write_json,
)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "nights/2024-02-29/été 100%.fits",
        "e\u0301".encode().decode(),
        "日本/観測.fits",
        "Screenshot\u202f2024\xa010.png",
        "👩\u200d🔬.png",
        ".hidden",
        "...",
        "-rf",
        "CON",
        "a:b",
        "x" * LONGEST_SEGMENT,
        "/".join(["x" * 204] * 5),
    ],
)
def test_a_file_name_is_a_relative_path_of_plain_segments(name: str) -> None:
    assert check_file_name(name) == check_file_name(check_file_name(name))


def test_a_file_name_is_brought_into_nfc() -> None:
    assert check_file_name("e\u0301/\u212b") == "\xe9/\xc5"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "must not be empty"),
        ("/etc/passwd", "relative path"),
        ("a/", "relative path"),
        ("a//b", "relative path"),
        ("../a", "relative path"),
        ("a/../b", "relative path"),
        ("a/./b", "relative path"),
        (".", "relative path"),
        ("..", "relative path"),
        ("/", "relative path"),
        ("a\\b", "backslash"),
        ("..\\..\\a", "backslash"),
        ("a\x00b", "control characters"),
        ("a\nb", "control characters"),
        ("a\x7f", "control characters"),
        ("a\x85", "control characters"),
        ("a\u2028b", "control characters"),
        ("a\u2029b", "control characters"),
        ("a\ud800", "control characters"),
        ("x" * (LONGEST_SEGMENT + 1), "segment"),
        ("é" * 128, "segment"),
        ("/".join(["x" * 204] * 5) + "x", "longer than 1024 bytes"),
    ],
)
def test_any_other_file_name_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_file_name(name)
    with pytest.raises(ValidationError):
        TypeAdapter(FileName).validate_python(name)


def test_length_counts_bytes_after_normalisation() -> None:
    # U+0958 becomes two characters in NFC: 3 bytes become 6.
    assert len("/".join(["\u0958" * 30] * 10).encode()) < LONGEST_NAME
    with pytest.raises(ValueError, match="longer than 1024"):
        check_file_name("/".join(["\u0958" * 30] * 10))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", False),
        ("", False),
        ("\xa0\u3000\u202f\u200d\u202e\ue000\u2028", False),
        ("a\nb", True),
        ("\x00", True),
        ("\x1b[31m", True),
        ("\x7f", True),
        ("\x9f", True),
        ("\ud800", True),
    ],
)
def test_control_characters_are_those_that_cloudevents_forbids(text: str, found: bool) -> None:  # noqa: FBT001 - an expectation
    assert has_control_characters(text) is found


@pytest.mark.parametrize("name", ["", "A", "a-b", "a_b", "é", "a\n", "x" * 21, " a"])
def test_an_attribute_name_is_short_lower_case_and_plain(name: str) -> None:
    assert not is_attribute_name(name)
    assert is_attribute_name("x" * 20)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Sha256Hex, "AB" * 32, "ab" * 32),
        (Md5Hex, "AB" * 16, "ab" * 16),
        (MediaType, 'text/plain; charset="utf-8"', 'text/plain; charset="utf-8"'),
        (MediaType, "image/svg+xml", "image/svg+xml"),
        (ByteCount, 0, 0),
        (Line, "é\xa0 ß", "é\xa0 ß"),
        (AnyJson, [1, {"a": None}, "Infinity", "NaN"], [1, {"a": None}, "Infinity", "NaN"]),
    ],
)
def test_what_fits_is_brought_into_one_form(kind: Any, value: object, read: object) -> None:  # noqa: ANN401 - a type form
    assert TypeAdapter(kind).validate_python(value) == read


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Sha256Hex, "ab" * 31),
        (Sha256Hex, "g" * 64),
        (Sha256Hex, "ab" * 32 + "\n"),
        (Md5Hex, "ab" * 32),
        (Md5Hex, ""),
        (MediaType, "text"),
        (MediaType, "text/"),
        (MediaType, "text/plain\r\nX: y"),
        (MediaType, "text/plain; ü"),
        (ByteCount, -1),
        (ByteCount, 1.5),
        (Line, "a\nb"),
        (AnyJson, float("inf")),
        (AnyJson, [{"a": float("nan")}]),
        (JsonObject, {"a": float("-inf")}),
        (JsonObject, [1]),
        (UtcTime, "2024-02-29T12:00:00"),
        (UtcTime, "2024-02-29T12:00:00+01:00"),
    ],
)
def test_what_does_not_fit_is_refused(kind: Any, value: object) -> None:  # noqa: ANN401 - a type form
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)


def test_json_is_written_only_where_json_can_say_it() -> None:
    assert write_json({"a": [1, "Infinity"]}) == b'{"a":[1,"Infinity"]}'
    with pytest.raises(ValueError, match="must not have a number that no double can hold"):
        write_json({"a": ["Infinity", float("inf")]})
