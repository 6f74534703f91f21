"""Whatever the cells hold, a reader of CSV, TSV or spreadsheets finds their texts again."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.packaging.sheets import write_sheet
from consumers.packaging.tables import CSV, TSV, Dialect, cells, encode
from tests.equipment.strategies import json_values
from tests.equipment.workbooks import read_workbook

Rows = Sequence[Sequence[object]]

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(st.sampled_from(",\t\"\r\n'= x_\\\0") | characters, max_size=12)
values = texts | json_values | st.integers() | st.floats()
tricky = st.text("_x0041F\x07\r<>&/r\ufffe", max_size=20) | texts


def tables(cell: st.SearchStrategy[object]) -> st.SearchStrategy[Rows]:
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), max_size=6)
    )


@pytest.mark.parametrize("dialect", [CSV, TSV])
@given(tables(values))
def test_a_strict_reader_finds_the_texts_of_the_cells(dialect: Dialect, rows: Rows) -> None:
    file = StringIO(encode(rows, dialect).decode(), newline="")
    found = csv.reader(file, delimiter=dialect.separator, strict=True)
    assert list(map(tuple, found)) == list(cells(rows))


@pytest.mark.parametrize("dialect", [CSV, TSV])
@given(tables(values))
def test_nothing_is_quoted_without_need(dialect: Dialect, rows: Rows) -> None:
    # Up to Python 3.12 the writer quotes CR only where it is part of the line's end.
    for row in rows:
        line = StringIO(newline="")
        writer = csv.writer(line, delimiter=dialect.separator, lineterminator="\n\r")
        writer.writerows(cells([row]))
        assert encode([row], dialect).decode() == line.getvalue().removesuffix("\r")


@given(st.lists(values, min_size=1))
def test_a_text_says_what_the_value_was(column: list[object]) -> None:
    for value, [text] in zip(column, cells([value] for value in column), strict=True):
        if isinstance(value, dict | list):
            assert json.loads(text) == value
            assert text.isascii() == json.dumps(value, ensure_ascii=False).isascii()
        elif isinstance(value, int | float):
            assert text == repr(value)
        else:
            assert text == (value or "")


@given(tables(tricky))
def test_a_spreadsheet_holds_the_texts(rows: Sequence[Sequence[str]]) -> None:
    names = [f"c{number}" for number in range(len(rows[0]) if rows else 1)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "resource.xlsx"
        write_sheet(path, iter([names, *rows]))
        assert read_workbook(path) == {"Data": [names, *rows]}
