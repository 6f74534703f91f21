"""Tables, sheets and archives out of the same pages."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from consumers.packaging.construction import Construction
from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.datastore import Page
from consumers.packaging.layouts import Archive, Layout, Sheet, Table
from consumers.packaging.sheets import SheetLimitError
from consumers.packaging.tables import CSV, TSV
from tests.equipment.workbooks import read_workbook

MOMENT = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
Records = Sequence[Mapping[str, object]]


@pytest.fixture
def construction(tmp_path: Path) -> Iterator[Construction]:
    with Construction(tmp_path) as construction:
        yield construction


def page(records: Records | None = None, rows: bytes | None = None) -> Page:
    return Page(records, rows, len(records or b""), None, None)


def laid_out(layout: Layout, construction: Construction, *pages: Page) -> dict[str, bytes]:
    layout.begin(construction)
    for one in pages:
        layout.append(construction, one)
    return {one.name: b"".join(one.content()) for one in layout.finish(construction)}


def test_a_table_takes_records_and_rows_alike(construction: Construction) -> None:
    pages = (page([{"b": 1, "a": "x,y", "c": 3}, {"a": None}]), page(rows=b"z,2\n"))
    table = Table(["a", "b"], CSV)
    assert table.as_csv
    assert laid_out(table, construction, *pages) == {"resource.csv": b'a,b\n"x,y",1\n,\nz,2\n'}


def test_a_table_with_tabs_takes_records_alone(construction: Construction) -> None:
    table = Table(["a", "b"], TSV)
    assert not table.as_csv
    made = laid_out(table, construction, page([{"a": "x,y", "b": "t\tb"}]))
    assert made == {"resource.tsv": b'a\tb\nx,y\t"t\tb"\n'}


@pytest.mark.parametrize("columns", [["a"], ["a", "a"], ["0", "1"]])
def test_every_set_of_columns_makes_rows(construction: Construction, columns: list[str]) -> None:
    record = {name: name.upper() for name in columns}
    made = laid_out(Table(columns, CSV), construction, page([record]))
    line = ",".join(columns)
    assert made["resource.csv"].decode() == f"{line}\n{line.upper()}\n"


def test_a_sheet_has_the_cells_of_the_table(construction: Construction, tmp_path: Path) -> None:
    odd = ['x"y,\n', "cr\r", "", "=1+1", "\x07"]
    made = laid_out(Sheet(["a", "b"]), construction, page([{"a": one, "b": 1.5} for one in odd]))
    assert list(made) == ["resource.xlsx"]
    (tmp_path / "sheet").write_bytes(made["resource.xlsx"])
    rows = read_workbook(tmp_path / "sheet")
    assert rows == {"Data": [["a", "b"], *([one, "1.5"] for one in odd)]}
    assert not (tmp_path / "resource.xlsx").exists()


@pytest.mark.parametrize("length", [32_768, 131_073, 500_000])
def test_a_cell_too_long_for_a_sheet_is_named(construction: Construction, length: int) -> None:
    records = [{"a": "x", "b": "y"}, {"a": "x", "b": "y" * length}]
    with pytest.raises(SheetLimitError, match="row 2, column 'b'"):
        laid_out(Sheet(["a", "b"]), construction, page(records))


def archive(parameters: Mapping[str, str], *columns: str) -> Archive:
    return Archive(columns, DarwinCoreOptions(), parameters, "package-1", MOMENT)


def test_an_archive_names_the_files_that_have_rows(construction: Construction) -> None:
    columns = ("_id", "associatedMedia", "catalogNumber")
    records = cast("Records", [{"_id": 1, "associatedMedia": [{"title": "t"}]}, {"_id": 2}])
    made = laid_out(archive({}, *columns), construction, page(records))
    assert list(made) == ["meta.xml", "occurrence.csv", "multimedia.csv"]
    assert made["occurrence.csv"] == b"_id,catalogNumber\n1,\n2,\n"
    assert made["meta.xml"].index(b"occurrence.csv") < made["meta.xml"].index(b"multimedia.csv")


def test_an_archive_without_rows_has_its_core(construction: Construction) -> None:
    made = laid_out(archive({}, "_id", "associatedMedia", "catalogNumber"), construction)
    assert list(made) == ["meta.xml", "occurrence.csv"]
    assert made["occurrence.csv"] == b"_id,catalogNumber\n"


def test_an_archive_has_the_documents_that_were_asked_for(construction: Construction) -> None:
    wanted = {"eml": "<e id='{package_id}' at='{date_stamp}' on='{pub_date}'/>", "for_gbif": "true"}
    made = laid_out(archive({**wanted, "format": "xlsx"}, "_id"), construction)
    assert list(made) == ["meta.xml", "eml.xml", "gbif.json", "occurrence.csv"]
    assert made["eml.xml"] == (b"<e id='package-1' at='2024-02-29T23:59:59Z' on='2024-02-29'/>")
    assert b'metadata="eml.xml"' in made["meta.xml"]
