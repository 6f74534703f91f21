"""`meta.xml` of an archive, held against the Darwin Core text guide and its schema."""

from collections.abc import Collection, Sequence
from xml.etree import ElementTree as ET

import pytest

from consumers.packaging.darwin_core import DarwinCore
from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.tables import CSV, TSV, Dialect
from tests.equipment.fielded_text import read_table

TEXT = "{http://rs.tdwg.org/dwc/text/}"
COLUMNS = ["associatedMedia", "_id", "Catalog number", "Odd", "measurementValue", "modified"]
OPTIONS = DarwinCoreOptions(additional=("measurement_or_fact",))


def _core(dialect: Dialect = CSV) -> DarwinCore:
    return DarwinCore(OPTIONS, COLUMNS, dialect)


def _parts(core: DarwinCore, with_rows: Collection[str]) -> Sequence[ET.Element]:
    return list(ET.fromstring(core.meta(with_rows, has_eml=False)))  # noqa: S314 - our own


def test_the_document_is_this() -> None:
    core = DarwinCore(DarwinCoreOptions(), ["_id", "Catalog number"], CSV)
    assert core.meta([], has_eml=True).decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        '<archive xmlns="http://rs.tdwg.org/dwc/text/" metadata="eml.xml">\n'
        '  <core encoding="UTF-8" linesTerminatedBy="\\n" fieldsTerminatedBy=","'
        ' fieldsEnclosedBy="&quot;" ignoreHeaderLines="1"'
        ' rowType="http://rs.tdwg.org/dwc/terms/Occurrence">\n'
        "    <files>\n"
        "      <location>occurrence.csv</location>\n"
        "    </files>\n"
        '    <id index="0" />\n'
        '    <field index="1" term="http://rs.tdwg.org/dwc/terms/catalogNumber" />\n'
        "  </core>\n"
        "</archive>\n"
    )


def test_metadata_are_named_only_if_there_are_some() -> None:
    assert b"metadata" not in _core().meta([], has_eml=False)


def test_the_core_is_first_and_alone() -> None:
    core = _core()
    parts = _parts(core, core.names)
    assert [part.tag for part in parts] == [f"{TEXT}core", f"{TEXT}extension", f"{TEXT}extension"]
    assert [part.get("rowType") for part in parts] == [
        "http://rs.tdwg.org/dwc/terms/Occurrence",
        "http://rs.gbif.org/terms/1.0/Multimedia",
        "http://rs.tdwg.org/dwc/terms/MeasurementOrFact",
    ]


@pytest.mark.parametrize("dialect", [CSV, TSV])
def test_each_part_is_as_the_schema_has_it(dialect: Dialect) -> None:
    core = _core(dialect)
    headers = core.headers()
    for part in _parts(core, core.names):
        files, identifier, *fields = part
        assert [location.text for location in files] == [files[0].text]
        assert identifier.tag == f"{TEXT}{'id' if part.tag == f'{TEXT}core' else 'coreid'}"
        assert {field.tag for field in fields} == {f"{TEXT}field"}
        indexes = [int(column.get("index", "")) for column in (identifier, *fields)]
        (header,) = read_table(headers[files[0].text or ""], dialect.separator)
        assert indexes == list(range(len(header)))
        named = [(field.get("term") or "").rpartition("/")[2] for field in fields]
        assert named == header[1:]
        assert part.get("ignoreHeaderLines") == "1"
        assert part.get("encoding") == "UTF-8"


def test_the_separator_is_the_one_in_the_files() -> None:
    assert {part.get("fieldsTerminatedBy") for part in _parts(_core(CSV), [])} == {","}
    assert {part.get("fieldsTerminatedBy") for part in _parts(_core(TSV), [])} == {r"\t"}


def test_line_ends_are_a_backslash_and_an_n() -> None:
    assert {part.get("linesTerminatedBy") for part in _parts(_core(), [])} == {r"\n"}


def test_an_extension_without_rows_is_not_listed() -> None:
    parts = _parts(_core(), ["measurement_or_fact.csv"])
    locations = [location.text for location in (part[0][0] for part in parts)]
    assert locations == ["occurrence.csv", "measurement_or_fact.csv"]


def test_the_core_is_listed_without_rows() -> None:
    parts = _parts(_core(), [])
    assert [part[0][0].text for part in parts] == ["occurrence.csv"]


def test_terms_of_dublin_core_have_their_own_uris() -> None:
    (part,) = _parts(_core(), [])
    assert [field.get("term") for field in part[2:]] == [
        "http://rs.tdwg.org/dwc/terms/catalogNumber",
        "http://rs.tdwg.org/dwc/terms/dynamicProperties",
        "http://purl.org/dc/terms/modified",
    ]
