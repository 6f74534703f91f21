"""PostgreSQL's CSV is told from ours, and becomes ours."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.packaging.copied_rows import OddRowsError, copied_rows, reads_alike
from consumers.packaging.tables import CSV, encode
from tests.equipment.ckan_rows import copied

ALL = 10**9
CELLS = st.none() | st.integers() | st.text(st.sampled_from('ab,"\n\r\\. é'), max_size=5)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)
)


@given(TABLES)
def test_what_postgresql_copies_becomes_what_we_write(rows: Sequence[Sequence[object]]) -> None:
    text = "".join(map(copied, rows))
    assert copied_rows(text, len(rows[0]), ALL) == (encode(rows, CSV), len(rows))


@given(TABLES, st.integers(1, 5))
def test_surplus_is_dropped_and_counted(rows: Sequence[Sequence[object]], most: int) -> None:
    text = "".join(map(copied, rows))
    assert copied_rows(text, len(rows[0]), most) == (encode(rows[:most], CSV), len(rows))


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ('1,""\n', "1,\n"),
        ('"",1\n', ",1\n"),
        ('1,"needless"\n', "1,needless\n"),
        ("1,a\r\n2,b\r\n", "1,a\n2,b\n"),
        ("1,a\n2,b", "1,a\n2,b\n"),
        ('1,"a,"""","\n', '1,"a,"""","\n'),
        ('1,"a\r\nb"\n', '1,"a\r\nb"\n'),
        ("", ""),
    ],
)
def test_other_ways_to_write_it(text: str, ours: str) -> None:
    assert copied_rows(text, 2, ALL) == (ours.encode(), ours.count("\n") - ours.count("\r\n"))


@pytest.mark.parametrize(
    "text",
    ["1\n", "1,2,3\n", "1,2,3\n4\n", '1,a"b\n', '1,a"b"\n', '1,"a"b\n', '1,"a\n', '"1,2"\n', "\n"],
)
def test_what_is_no_such_csv_is_told(text: str) -> None:
    with pytest.raises(OddRowsError):
        copied_rows(text, 2, ALL)


def test_a_field_may_be_longer_than_most_readers_expect() -> None:
    long = "x" * 200_000
    assert copied_rows(f'"",{long}\n', 2, ALL) == (f",{long}\n".encode(), 1)


def test_one_column() -> None:
    text = copied([None]) + copied([""]) + copied([r"\."]) + copied(["a"])
    assert text == '\n""\n"\\."\na\n'
    assert copied_rows(text, 1, ALL) == (b'""\n""\n\\.\na\n', 4)


@pytest.mark.parametrize("kind", ["text", "int", "int4", "int8", "timestamp"])
def test_types_that_read_alike(kind: str) -> None:
    assert reads_alike([("_id", "int"), ("v", kind)])


@pytest.mark.parametrize(
    "kind", ["numeric", "float8", "bool", "json", "_text", "date", "time", "nested", "", "float"]
)
def test_types_that_do_not(kind: str) -> None:
    assert not reads_alike([("_id", "int"), ("v", kind)])
