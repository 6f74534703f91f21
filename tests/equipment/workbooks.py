"""Reads a workbook the way a spreadsheet program does, as far as ours go."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REFERENCE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_CELL = re.compile("([A-Z]+)([0-9]+)")


def read_workbook(path: Path) -> dict[str, list[list[str]]]:
    """Return the rows of each sheet, by name; every cell a text, as wide as the first row."""
    with ZipFile(path) as file:
        kinds = {
            part.get("PartName"): part.get("ContentType")
            for part in _parse(file, "[Content_Types].xml").iter(f"{_TYPES}Override")
        }
        targets = {
            relation.get("Id"): f"xl/{relation.get('Target')}"
            for relation in _parse(file, "xl/_rels/workbook.xml.rels")
        }
        sheets = {
            sheet.attrib["name"]: targets[sheet.get(_REFERENCE)]
            for sheet in _parse(file, "xl/workbook.xml").iter(f"{_MAIN}sheet")
        }
        assert all(kinds[f"/{part}"] == _SHEET for part in sheets.values())
        return {name: _rows(_parse(file, part)) for name, part in sheets.items()}


def _parse(file: ZipFile, part: str) -> ET.Element:
    return ET.fromstring(file.read(part))  # noqa: S314 - our own words


def _rows(sheet: ET.Element) -> list[list[str]]:
    rows: list[list[str]] = []
    for number, row in enumerate(sheet.iter(f"{_MAIN}row"), 1):
        assert row.get("r") == str(number)
        found = {_column(cell, number): _text(cell) for cell in row}
        width = len(rows[0]) if rows else max(found, default=0)
        rows.append([found.pop(column, "") for column in range(1, width + 1)])
        assert not found
    return rows


def _column(cell: ET.Element, row: int) -> int:
    place = _CELL.fullmatch(cell.attrib["r"])
    assert place is not None
    assert int(place[2]) == row
    number = 0
    for letter in place[1]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _text(cell: ET.Element) -> str:
    """Return the text of an inline string; `_xHHHH_` is undone from left to right."""
    assert cell.get("t") == "inlineStr"
    assert [child.tag for child in cell.iter()][1:] == [f"{_MAIN}is", f"{_MAIN}t"]
    raw = cell.findtext(f"{_MAIN}is/{_MAIN}t") or ""
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), raw)
