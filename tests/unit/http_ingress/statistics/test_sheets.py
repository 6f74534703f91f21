"""Sheets: RFC 4180, and nothing that a spreadsheet would compute."""

import csv
from io import StringIO

import pytest

from http_ingress.representations.statistics import StatisticsBody
from http_ingress.statistics.sheets import SHEETS, Sheet
from store.statistics.views import Used
from tests.unit.http_ingress.statistics.reports import full


def test_texts_are_quoted_and_are_no_formulas() -> None:
    sheet = Sheet(("a", "b"), [('say "1, 2"\n', None), ("=1+1", -1), ("+x", 0.5), ("@x", 2)])
    assert sheet.as_csv() == (b'a,b\r\n"say ""1, 2""\n",\r\n\'=1+1,-1\r\n\'+x,0.5\r\n\'@x,2\r\n')


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_client_called_something_is_never_computed(beginning: str) -> None:
    body = StatisticsBody.of(full(), [Used("packager", f"{beginning}cmd|'/C calc'!A0", 1, 2)])
    _, row = csv.reader(StringIO(SHEETS["resources"](body).as_csv().decode(), newline=""))
    assert row == ["packager", f"'{beginning}cmd|'/C calc'!A0", "1", "2"]


@pytest.mark.parametrize("name", SHEETS)
def test_every_row_has_every_column(name: str) -> None:
    body = StatisticsBody.of(full(), [Used("packager", "corals", 1, 2)])
    sheet = SHEETS[name](body)
    assert sheet.rows
    assert {len(row) for row in sheet.rows} == {len(sheet.columns)}


def test_numbers_are_those_of_the_report() -> None:
    body = StatisticsBody.of(full(), None)
    first, second, third, *_ = SHEETS["usage"](body).rows
    assert first == ("2026-11-01T00:00:00Z", "packager", 1001, 1001, 1)
    assert (second[2], third[2]) == (1002, 1003)
    assert SHEETS["resources"](body).rows == []
