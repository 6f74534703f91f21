"""Rows as CSV and TSV: which bytes stand for which value."""

from itertools import repeat

import pytest

from consumers.packaging.tables import CSV, TSV, cells, encode, header

FORMS = [
    (None, ""),
    ("", ""),
    ("as is", "as is"),
    (" blanks  ", " blanks  "),
    ("'=1+1", "'=1+1"),
    ("Größe 象 😀", "Größe 象 😀"),
    (True, "True"),
    (False, "False"),
    (0, "0"),
    (2**53 + 1, "9007199254740993"),
    (12345678901234567890, "12345678901234567890"),
    (0.1, "0.1"),
    (3.0, "3.0"),
    (-2.5, "-2.5"),
    (1e22, "1e+22"),
    (1e-7, "1e-07"),
    (51.4967, "51.4967"),
    (float("nan"), "nan"),
    (float("-inf"), "-inf"),
]
NESTED = [
    ([], "[]"),
    ({"a": [1, None]}, '{"a":[1,null]}'),
    (["é", "\u0007", True, 2**64], '["é","\\u0007",true,18446744073709551616]'),
    ({"n": float("inf")}, '{"n":"Infinity"}'),
]


@pytest.mark.parametrize(("value", "text"), FORMS)
def test_a_value_is_written_as_it_always_was(value: object, text: str) -> None:
    assert encode([["x", value]], CSV) == f"x,{text}\n".encode()
    assert encode([["x", value]], TSV) == f"x\t{text}\n".encode()


@pytest.mark.parametrize(("value", "text"), NESTED)
def test_what_is_nested_becomes_compact_json(value: object, text: str) -> None:
    assert list(cells([[value]])) == [(text,)]
    assert encode([["x", value]], TSV).decode().split("\t")[1].strip('"\n') == text.replace(
        '"', '""'
    )


def test_a_column_may_hold_every_kind_of_value() -> None:
    forms = FORMS + NESTED
    assert list(cells([[value] for value, _ in forms])) == [(text,) for _, text in forms]


@pytest.mark.parametrize("text", ["a,b", 'say "no"', "two\nlines", "two\rlines", "two\r\nlines"])
def test_what_would_break_a_field_is_quoted(text: str) -> None:
    quoted = text.replace('"', '""')
    assert encode([["x", text, "y"]], CSV) == f'x,"{quoted}",y\n'.encode()


def test_each_dialect_quotes_its_own_separator_alone() -> None:
    row = ["a,b", "c\td"]
    assert encode([row], CSV) == b'"a,b",c\td\n'
    assert encode([row], TSV) == b'a,b\t"c\td"\n'


def test_a_row_of_one_empty_value_is_quoted() -> None:
    assert encode([[""], [None], ["x"], ["\r"]], CSV) == b'""\n""\nx\n"\r"\n'


def test_no_rows_are_no_bytes() -> None:
    assert encode([], CSV) == b""
    assert list(cells([])) == []


def test_the_first_line_holds_the_names_of_the_fields() -> None:
    assert header(["_id", "v"], CSV) == b"_id,v\n"
    assert header(["_id", "v, w"], TSV) == b"_id\tv, w\n"
    assert header([""], CSV) == b'""\n'


def test_rows_may_come_one_after_another() -> None:
    assert encode(repeat((1, None), 3), CSV) == b"1,\n" * 3


def test_rows_of_different_length_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="argument"):
        encode([[1, 2], [1]], CSV)
