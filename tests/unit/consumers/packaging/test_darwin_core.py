"""Records become the files of a Darwin Core Archive."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from consumers.packaging.darwin_core import DarwinCore, dialect_of
from consumers.packaging.darwin_core_options import DarwinCoreOptions
from consumers.packaging.tables import CSV, TSV
from tests.equipment.fielded_text import Table, read_table

Records = Sequence[Mapping[str, object]]


def _tables(
    columns: Sequence[str], records: Records, options: DarwinCoreOptions | None = None
) -> Mapping[str, Table]:
    core = DarwinCore(options or DarwinCoreOptions(), columns, CSV)
    lines = core.encode(records)
    return {name: read_table(line + lines[name]) for name, line in core.headers().items()}


def _core(record: Mapping[str, object]) -> Mapping[str, str]:
    """Return the one row of the core, by the names in the header."""
    header, row = _tables(list(record), [record])["occurrence.csv"]
    return dict(zip(header, row, strict=True))


@pytest.mark.parametrize(
    ("field", "term"),
    [
        ("catalogNumber", "catalogNumber"),
        ("Catalog number", "catalogNumber"),
        ("CATALOG number", "dynamicProperties"),
        ("Event date", "eventDate"),
        ("Event ID", "eventID"),
        ("Year", "year"),
        ("modified", "modified"),
        ("Class", "class"),
        ("Associated media", "associatedMedia"),
        ("Taxon resource ID", "dynamicProperties"),
        ("unknownField", "dynamicProperties"),
        ("catalognumber", "dynamicProperties"),
        ("measurementValue", "dynamicProperties"),
        ("publisher", "dynamicProperties"),
    ],
)
def test_a_field_goes_to_its_term(field: str, term: str) -> None:
    assert list(_core({"_id": 1, field: "x"})) == ["_id", term]


def test_columns_have_the_order_in_which_terms_appear() -> None:
    columns = ["Other", "year", "_id", "Catalog number", "Another", "Event date", "associatedMedia"]
    tables = _tables(columns, [{name: name for name in columns}])
    assert tables["occurrence.csv"] == [
        ["_id", "dynamicProperties", "year", "catalogNumber", "eventDate"],
        ["_id", '{"other":"Other","another":"Another"}', "year", "Catalog number", "Event date"],
    ]


def test_cells_are_those_of_any_csv() -> None:
    row = _core(
        {
            "_id": 12345678901234567890,
            "day": True,
            "month": 2**53 + 1,
            "year": 0.1,
            "sex": None,
            "locality": 'a "b", c\nd\re',
            "habitat": ["é", 1],
            "island": "",
        }
    )
    assert list(row.values()) == [
        "12345678901234567890",
        "True",
        "9007199254740993",
        "0.1",
        "",
        'a "b", c\nd\re',
        '["é",1]',
        "",
    ]


def test_dynamic_properties_are_an_object() -> None:
    row = _core({"_id": 1, "unknownField": "x", "Other Thing": None, "raw JSON": '{"a": [1]}'})
    cell = json.loads(row["dynamicProperties"])
    assert cell == {"unknownfield": "x", "rawJSON": {"a": [1]}}


def test_a_single_dynamic_field_keeps_its_name() -> None:
    assert _core({"_id": 1, "Odd field": "x"})["dynamicProperties"] == '{"oddField":"x"}'
    assert _core({"_id": 1, "Odd field": None})["dynamicProperties"] == "{}"


def test_a_field_called_like_the_dynamic_term_joins_the_others() -> None:
    row = _core({"_id": 1, "dynamicProperties": '{"a":1}', "Odd": "x"})
    assert row["dynamicProperties"] == '{"dynamicproperties":{"a":1},"odd":"x"}'


def test_several_fields_of_one_term_are_an_object() -> None:
    row = _core({"_id": 1, "eventDate": "1836", "Event date": None, "Event Date": "1837-01"})
    assert row == {"_id": "1", "eventDate": '{"eventdate":1836,"Event Date":"1837-01"}'}
    row = _core({"_id": 1, "eventDate": None, "Event date": None})
    assert row["eventDate"] == "{}"


def test_another_field_may_be_the_identifier() -> None:
    options = DarwinCoreOptions(id_field="occurrenceID")
    tables = _tables(["_id", "occurrenceID", "sex"], [{"_id": 1, "occurrenceID": "o:1"}], options)
    assert tables["occurrence.csv"] == [
        ["occurrenceID", "dynamicProperties", "sex"],
        ["o:1", '{"_id":1}', ""],
    ]


def test_what_a_record_lacks_is_empty_and_what_it_has_besides_is_dropped() -> None:
    columns = ["_id", "sex", "Odd", "year"]
    records: Records = [
        {"_id": 1, "year": 1836, "new": "x"},
        {"year": 1837},
        {"_id": 3, "sex": "f"},
    ]
    assert _tables(columns, records)["occurrence.csv"][1:] == [
        ["1", "", "{}", "1836"],
        ["", "", "{}", "1837"],
        ["3", "f", "{}", ""],
    ]


def test_an_identifier_alone_is_a_core() -> None:
    assert _tables(["_id"], [{"_id": 1}, {"_id": 2}]) == {"occurrence.csv": [["_id"], ["1"], ["2"]]}


def test_no_records_leave_the_header() -> None:
    tables = _tables(["_id", "sex", "associatedMedia"], [])
    assert tables["occurrence.csv"] == [["_id", "sex"]]
    core = DarwinCore(DarwinCoreOptions(), ["_id", "sex", "associatedMedia"], CSV)
    assert core.encode([]) == {"occurrence.csv": b"", "multimedia.csv": b""}


def test_an_additional_extension_has_a_row_for_each_record() -> None:
    options = DarwinCoreOptions(additional=("measurement_or_fact",))
    columns = ["_id", "Measurement type", "sex", "measurementValue"]
    records: Records = [
        {"_id": 1, "Measurement type": "mass", "measurementValue": 2.5, "sex": "f"},
        {"_id": 2, "Measurement type": None, "measurementValue": None, "sex": "m"},
    ]
    tables = _tables(columns, records, options)
    assert tables["occurrence.csv"] == [["_id", "sex"], ["1", "f"], ["2", "m"]]
    assert tables["measurement_or_fact.csv"] == [
        ["_id", "measurementType", "measurementValue"],
        ["1", "mass", "2.5"],
        ["2", "", ""],
    ]


def test_an_additional_extension_without_a_term_has_no_file() -> None:
    options = DarwinCoreOptions(additional=("measurement_or_fact",))
    assert DarwinCore(options, ["_id", "sex"], CSV).names == ["occurrence.csv"]


def test_a_term_belongs_to_the_first_that_has_it() -> None:
    options = DarwinCoreOptions(additional=("multimedia",))
    core = DarwinCore(options, ["_id", "license", "type", "publisher"], CSV)
    assert core.headers() == {
        "occurrence.csv": b"_id,type\n",
        "multimedia.csv": b"_id,license,publisher\n",
    }


def test_the_core_is_first_whatever_comes_first() -> None:
    core = DarwinCore(DarwinCoreOptions(), ["associatedMedia", "sex", "_id"], CSV)
    assert core.names == ["occurrence.csv", "multimedia.csv"]


def test_definitions_of_the_same_name_have_files_of_their_own(tmp_path: Path) -> None:
    place = tmp_path / "audubon.xml"
    place.write_text(
        "<extension name='Multimedia' rowType='http://rs.tdwg.org/ac/terms/Multimedia'>"
        "<property name='caption' qualName='http://rs.tdwg.org/ac/terms/caption'/></extension>",
        encoding="utf-8",
    )
    options = DarwinCoreOptions(additional=(str(place),))
    core = DarwinCore(options, ["_id", "caption", "associatedMedia"], CSV)
    assert core.names == ["occurrence.csv", "multimedia.csv", "multimedia_2.csv"]


def test_definitions_of_the_same_rows_share_a_file(tmp_path: Path) -> None:
    place = tmp_path / "newer.xml"
    place.write_text(
        "<extension name='Occurrence' rowType='http://rs.tdwg.org/dwc/terms/Occurrence'>"
        "<property name='pathway' qualName='http://rs.tdwg.org/dwc/terms/pathway'/></extension>",
        encoding="utf-8",
    )
    options = DarwinCoreOptions(additional=(str(place),))
    core = DarwinCore(options, ["_id", "pathway", "sex"], CSV)
    assert core.headers() == {"occurrence.csv": b"_id,pathway,sex\n"}
    assert b"http://rs.tdwg.org/dwc/terms/pathway" in core.meta([], has_eml=False)


def test_tab_separated_files_are_called_so() -> None:
    core = DarwinCore(DarwinCoreOptions(), ["_id", "sex", "associatedMedia"], TSV)
    assert core.names == ["occurrence.tsv", "multimedia.tsv"]
    assert core.headers()["occurrence.tsv"] == b"_id\tsex\n"
    assert core.encode([{"_id": 1, "sex": "a\tb"}])["occurrence.tsv"] == b'1\t"a\tb"\n'


def test_an_archive_is_never_a_spreadsheet() -> None:
    assert [dialect_of(form) for form in ("csv", "tsv", "xlsx")] == [CSV, TSV, CSV]


@pytest.mark.parametrize(
    "field", ["a,b", 'a"b', "a\nb", "a\tb", "<a&b>", "'; DROP", "é日", "__proto__", "{0}", "%s"]
)
def test_odd_names_do_no_harm(field: str) -> None:
    tables = _tables(["_id", field, "sex"], [{"_id": 1, field: 'x"y', "sex": "f"}])
    header, row = tables["occurrence.csv"]
    assert header == ["_id", "dynamicProperties", "sex"]
    assert list(json.loads(row[1]).values()) == ['x"y']
    assert row[2] == "f"


def test_an_odd_identifier_field_is_quoted() -> None:
    options = DarwinCoreOptions(id_field='the "id", <really>')
    tables = _tables([options.id_field, "sex"], [{options.id_field: "1,2", "sex": "f"}], options)
    assert tables["occurrence.csv"] == [[options.id_field, "sex"], ["1,2", "f"]]


def test_pages_add_up_to_the_whole() -> None:
    columns = ["_id", "sex", "Odd", "associatedMedia"]
    records = [
        {"_id": n, "sex": "f", "Odd": n, "associatedMedia": [{"title": str(n)}] * (n % 3)}
        for n in range(20)
    ]
    core = DarwinCore(DarwinCoreOptions(), columns, CSV)
    pages = [core.encode(records[start : start + 7]) for start in range(0, 20, 7)]
    for name, whole in core.encode(records).items():
        assert b"".join(page[name] for page in pages) == whole
