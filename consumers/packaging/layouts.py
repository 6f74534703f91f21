"""What becomes of rows: a table, a spreadsheet, or a Darwin Core Archive."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BufferedReader, TextIOWrapper
from operator import itemgetter
from typing import Protocol

from consumers.packaging.construction import Construction
from consumers.packaging.csv_rows import csv_rows
from consumers.packaging.darwin_core import DarwinCore, dialect_of
from consumers.packaging.darwin_core_documents import eml_document, gbif_marker
from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.datastore import Page
from consumers.packaging.members import Member
from consumers.packaging.sheets import write_sheet
from consumers.packaging.streams import Pieces
from consumers.packaging.tables import CSV, Dialect, encode, header

_Record = Mapping[str, object]


class Layout(Protocol):
    """Turns rows into members."""

    as_csv: bool
    """Whether pages are as welcome as CSV."""

    def begin(self, construction: Construction) -> None:
        """Begin the members, with their lines of field names."""
        ...

    def append(self, construction: Construction, page: Page) -> None:
        """Write the rows of a page, to each member as one segment at most."""
        ...

    def finish(self, construction: Construction) -> Sequence[Member]:
        """Write what is left to be written; return the members of the package."""
        ...


class Table:
    """`resource.csv` or `resource.tsv`."""

    def __init__(self, columns: Sequence[str], dialect: Dialect) -> None:
        self.as_csv = dialect is CSV
        self._columns = columns
        self._dialect = dialect
        self._name = f"resource.{dialect.extension}"
        self._rows = _rows_of(columns)

    def begin(self, construction: Construction) -> None:
        """Write the field names."""
        construction.begin(self._name).write(header(self._columns, self._dialect))

    def append(self, construction: Construction, page: Page) -> None:
        """Write the rows."""
        rows = page.csv
        if rows is None:
            rows = encode(self._rows(page.records or ()), self._dialect)
        construction[self._name].write(rows)

    def finish(self, construction: Construction) -> Sequence[Member]:
        """Return the one member."""
        return [construction[self._name]]


class Sheet:
    """`resource.xlsx`: made of a table once that is whole, as a sheet cannot be gone on with."""

    as_csv = True

    def __init__(self, columns: Sequence[str]) -> None:
        self._table = Table(columns, CSV)
        self.begin = self._table.begin
        self.append = self._table.append

    def finish(self, construction: Construction) -> Sequence[Member]:
        """Make the sheet."""
        (table,) = self._table.finish(construction)
        sheet = construction.folder / "resource.xlsx"
        content = BufferedReader(Pieces(table.content()), 1 << 20)
        with TextIOWrapper(content, "utf-8", newline="") as text:
            write_sheet(sheet, csv_rows(text))
        member = construction.begin("resource.xlsx")
        with sheet.open("rb") as file:
            while piece := file.read(1 << 20):
                member.write(piece)
        sheet.unlink()
        return [member]


class Archive:
    """The files of a Darwin Core Archive."""

    as_csv = False

    def __init__(
        self,
        columns: Sequence[str],
        options: DarwinCoreOptions,
        parameters: Mapping[str, str],
        package_id: str,
        moment: datetime,
    ) -> None:
        """`package_id` and `moment` are those that `eml.xml` and `gbif.json` name."""
        dialect = dialect_of(parameters.get("format", "csv"))
        self._files = DarwinCore(options, columns, dialect)
        self._parameters = parameters
        self._package_id = package_id
        self._moment = moment

    def begin(self, construction: Construction) -> None:
        """Write the field names of each file."""
        for name, line in self._files.headers().items():
            construction.begin(name).write(line)

    def append(self, construction: Construction, page: Page) -> None:
        """Write the rows of each file."""
        for name, rows in self._files.encode(page.records or ()).items():
            construction[name].write(rows)

    def finish(self, construction: Construction) -> Sequence[Member]:
        """Write what describes the files; extensions without rows are left out."""
        headers = self._files.headers()
        core = self._files.names[0]
        filled = [
            name
            for name, line in headers.items()
            if name == core or construction[name].mark.size > len(line)
        ]
        eml = self._parameters.get("eml")
        documents = {"meta.xml": self._files.meta(filled, has_eml=eml is not None)}
        if eml is not None:
            documents["eml.xml"] = eml_document(eml, self._package_id, self._moment)
        if "for_gbif" in self._parameters:
            documents["gbif.json"] = gbif_marker(self._moment)
        for name, document in documents.items():
            construction.begin(name).write(document)
        return [construction[name] for name in (*documents, *filled)]


def _rows_of(columns: Sequence[str]) -> Callable[[Sequence[_Record]], Sequence[Sequence[object]]]:
    """Return what takes the cells out of records; keys that one lacks are empty."""

    def filled(records: Sequence[_Record]) -> Sequence[Sequence[object]]:
        return [[record.get(column) for column in columns] for record in records]

    if len(columns) < 2:  # noqa: PLR2004 - itemgetter returns no tuple for one
        return filled
    cells = itemgetter(*columns)

    def rows(records: Sequence[_Record]) -> Sequence[Sequence[object]]:
        try:
            return list(map(cells, records))
        except KeyError:
            return filled(records)

    return rows
