"""Spreadsheets: every cell is read back as the text it was, or the file is refused by name."""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from consumers.packaging.sheets import LONGEST, WIDEST, SheetLimitError, write_sheet
from tests.equipment.workbooks import read_workbook

HARD = [
    "=1+1",
    "12345678901234567890",
    "https://example.org/?a=1&b=2",
    " blanks ",
    "two\nlines\tand a tab",
    "\r\n",
    "\x00\x07\x1b\x7f\ufffe",
    "_x0007_",
    "_x005F_x0007_",
    "_x0041_x0042_",
    "_x0041\x07",
    "_xyz_",
    "<r><t>a & b</t></r>",
    "]]>",
    "Größe 象 😀",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "resource.xlsx"


@pytest.mark.parametrize("text", HARD)
def test_a_text_is_read_back(path: Path, text: str) -> None:
    write_sheet(path, iter([[text, "b"], ["c", text]]))
    assert read_workbook(path) == {"Data": [[text, "b"], ["c", text]]}


def test_a_sheet_of_nothing_but_names(path: Path) -> None:
    write_sheet(path, iter([["_id", "v"]]))
    assert read_workbook(path) == {"Data": [["_id", "v"]]}


def test_empty_cells_keep_their_place(path: Path) -> None:
    rows = [["a", "b", "c"], ["", "1", ""], ["", "", ""], ["", "", "2"]]
    write_sheet(path, iter(rows))
    assert read_workbook(path) == {"Data": rows}


def test_what_does_not_fit_goes_on_in_the_next_sheet(path: Path) -> None:
    rows = [[str(number)] for number in range(7)]
    write_sheet(path, iter([["n"], *rows]), tallest=4)
    found = read_workbook(path)
    assert list(found) == ["Data", "Data 2", "Data 3"]
    assert list(found.values()) == [[["n"], *rows[:3]], [["n"], *rows[3:6]], [["n"], *rows[6:]]]


def test_a_full_sheet_has_no_empty_one_behind_it(path: Path) -> None:
    write_sheet(path, iter([["n"], ["1"], ["2"]]), tallest=3)
    assert list(read_workbook(path)) == ["Data"]


def test_many_columns_have_names_of_up_to_three_letters(path: Path) -> None:
    rows = [[str(number) for number in range(WIDEST)]]
    write_sheet(path, iter(rows))
    assert read_workbook(path) == {"Data": rows}


def test_too_many_columns_are_refused(path: Path) -> None:
    names = [f"c{number}" for number in range(WIDEST + 1)]
    with pytest.raises(SheetLimitError, match="CSV or TSV") as refused:
        write_sheet(path, iter([names]))
    assert (refused.value.row, refused.value.column) == (0, f"c{WIDEST}")


@pytest.mark.parametrize("character", ["x", "😀"])
def test_a_text_too_long_for_a_cell_is_not_cut_but_refused(path: Path, character: str) -> None:
    # Spreadsheet programs count in UTF-16.
    fits = character * (LONGEST // (len(character.encode("utf-16-le")) // 2))
    write_sheet(path, iter([["a", "b"], ["1", fits]]))
    assert read_workbook(path)["Data"][1] == ["1", fits]
    path.unlink()
    rows = iter([["a", "b"], ["1", "2"], ["3", fits + character]])
    with pytest.raises(SheetLimitError) as refused:
        write_sheet(path, rows)
    assert (refused.value.row, refused.value.column) == (2, "b")
    assert list(path.parent.iterdir()) == []


def test_the_same_rows_are_the_same_bytes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xlsx"
    for one in (path, other):
        write_sheet(one, iter([["a"], *repeat(["1"], 3)]))
    assert path.read_bytes() == other.read_bytes()


def test_nothing_is_left_beside_it(path: Path) -> None:
    write_sheet(path, iter([["a"]]))
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_when_its_rows_fail_there_is_no_sheet(path: Path) -> None:
    def rows() -> Iterator[list[str]]:
        yield ["a"]
        yield ["1"]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        write_sheet(path, rows())
    assert list(path.parent.iterdir()) == []
