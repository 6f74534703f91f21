"""The files of a Darwin Core Archive: records of a dataset, sorted by the terms of the standard.

A core file has a row per record, extension files have rows that point to it. The layout is the
Darwin Core text guide's, https://dwc.tdwg.org/text/, and the names are those of ckanpackager.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.definitions import Definition
from consumers.packaging.meta_xml import MappedFile, meta_xml
from consumers.packaging.naming import file_stem
from consumers.packaging.tables import CSV, TSV, Dialect, encode, header
from consumers.packaging.term_rows import Record, TermRows
from consumers.packaging.vocabulary import Place, Vocabulary


def dialect_of(form: str) -> Dialect:
    """Return how the files of an archive are written if the package is asked for in `form`.

    Archives are fielded text: whoever asks for a spreadsheet receives CSV.
    """
    return TSV if form == "tsv" else CSV


class DarwinCore:
    """Turns records with the fields `columns` into the files of an archive.

    Everything about columns is settled here, once. Raises ValueError if a definition that the
    options name cannot be used.
    """

    def __init__(
        self, options: DarwinCoreOptions, columns: Sequence[str], dialect: Dialect
    ) -> None:
        vocabulary = Vocabulary(options)
        fields = _sorted(vocabulary, (name for name in columns if name != options.id_field))
        self._id_field = options.id_field
        self._dialect = dialect
        self._sheets: dict[str, TermRows] = {}
        for definition, places in fields:
            dynamic = options.dynamic_term if definition is vocabulary.core else None
            name = self._free_name(definition, dialect)
            self._sheets[name] = TermRows(definition.row_type, options.id_field, places, dynamic)

    @property
    def names(self) -> Sequence[str]:
        """Names of the files, the core first; extensions in the order of their first fields."""
        return list(self._sheets)

    def headers(self) -> Mapping[str, bytes]:
        """Return the first line of each file."""
        return {
            name: header([self._id_field, *sheet.terms], self._dialect)
            for name, sheet in self._sheets.items()
        }

    def encode(self, records: Sequence[Record]) -> Mapping[str, bytes]:
        """Return the lines of each file that these records make, empty if they make none."""
        return {
            name: encode(sheet.rows(records), self._dialect) for name, sheet in self._sheets.items()
        }

    def meta(self, names_with_rows: Collection[str], *, has_eml: bool) -> bytes:
        """Return `meta.xml`, which lists the core and those extension files that have rows.

        What is not listed does not belong into the archive.
        """
        core = self.names[0]
        files = [
            MappedFile(name, sheet.row_type, list(sheet.terms.values()))
            for name, sheet in self._sheets.items()
            if name == core or name in names_with_rows
        ]
        return meta_xml(files, self._dialect, metadata="eml.xml" if has_eml else None)

    def _free_name(self, definition: Definition, dialect: Dialect) -> str:
        stem = file_stem(definition.name)
        name = f"{stem}.{dialect.extension}"
        number = 1
        while name in self._sheets:  # GBIF has two definitions that are called Multimedia
            number += 1
            name = f"{stem}_{number}.{dialect.extension}"
        return name


def _sorted(
    vocabulary: Vocabulary, columns: Iterator[str]
) -> Iterator[tuple[Definition, Mapping[str, Place]]]:
    """Yield the definitions that have fields, the core first and always, each with its fields."""
    core = vocabulary.core
    found: dict[str, tuple[Definition, dict[str, Place]]] = {core.row_type: (core, {})}
    for name in columns:
        place = vocabulary.place(name)
        definition = place.definition
        found.setdefault(definition.row_type, (definition, {}))[1][name] = place
    yield from found.values()
