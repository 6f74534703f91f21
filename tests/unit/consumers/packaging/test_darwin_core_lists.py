"""Fields whose value is a list: each entry is a row of an extension."""

import json

import pytest

from consumers.packaging.darwin_core import DarwinCore
from consumers.packaging.darwin_core_options import DarwinCoreOptions, ExtensionField, read_options
from consumers.packaging.listed import ListedTerms
from consumers.packaging.tables import CSV
from tests.equipment.fielded_text import Table, read_table

STOCK = DarwinCoreOptions().extension_fields["associatedMedia"]
SAMPLE = ExtensionField(
    "multimedia",
    {"type": "StillImage", "format": "image/jpeg", "title": ""},
    {"format": "mime"},
    {"format": "image"},
)


def _media(
    value: object, options: DarwinCoreOptions | None = None, **others: object
) -> Table | None:
    """Return the rows of multimedia.csv for one record, without the header."""
    record = {"_id": 1, "associatedMedia": value, **others}
    core = DarwinCore(options or DarwinCoreOptions(), list(record), CSV)
    data = core.encode([record])["multimedia.csv"]
    return read_table(data) if data else None


def test_an_entry_is_a_row() -> None:
    entries = [
        {"identifier": "http://x/1", "title": "one", "mime": "jpeg", "license": "cc0"},
        {"rightsHolder": "NHM", "type": "StillImage", "assetID": "dropped"},
    ]
    assert _media(entries) == [
        ["1", "", "image/jpeg", "http://x/1", "one", "cc0", ""],
        ["1", "StillImage", "", "", "", "", "NHM"],
    ]


def test_one_object_is_a_list_of_one() -> None:
    assert _media({"title": "only"}) == [["1", "", "", "", "only", "", ""]]


@pytest.mark.parametrize("value", [{}, [{}], "{}"])
def test_an_empty_object_is_one(value: object) -> None:
    assert _media(value) == [["1", "", "", "", "", "", ""]]


@pytest.mark.parametrize("value", [[{"title": "x"}, {"title": "y"}], {"title": "x"}])
def test_a_text_that_holds_json_is_read(value: object) -> None:
    assert _media(json.dumps(value)) == _media(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "",
        "null",
        "[]",
        "http://x/image.jpg",
        "7",
        7,
        True,
        0.5,
        [None, "x", 7, [{"title": "nested"}]],
        '[null, "x"]',
        "[" * 5000 + "]" * 5000,
        '{"title": "unfinished',
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_holds_no_object_has_no_row(value: object) -> None:
    assert _media(value) is None


def test_a_record_without_the_field_has_no_row() -> None:
    core = DarwinCore(DarwinCoreOptions(), ["_id", "associatedMedia"], CSV)
    assert core.encode([{"_id": 1}]) == {"occurrence.csv": b"1\n", "multimedia.csv": b""}


def test_what_is_no_object_is_skipped() -> None:
    assert _media([None, {"title": "x"}, "y", {"title": "z"}, []]) == [
        ["1", "", "", "", "x", "", ""],
        ["1", "", "", "", "z", "", ""],
    ]


@pytest.mark.parametrize(
    ("entry", "cells"),
    [
        ({"mime": "png"}, ["StillImage", "image/png", ""]),
        ({"mime": "png", "format": "image/gif"}, ["StillImage", "image/png", ""]),
        ({"mime": "", "format": "image/gif"}, ["StillImage", "image/gif", ""]),
        ({"mime": None}, ["StillImage", "image/jpeg", ""]),
        ({"type": None, "format": None, "title": None}, ["StillImage", "image/jpeg", ""]),
        ({"type": "", "title": 0}, ["", "image/jpeg", 0]),
        ({"mime": {"odd": 1}}, ["StillImage", {"odd": 1}, ""]),
    ],
)
def test_a_term_has_the_mapped_value_or_its_own_or_the_default(
    entry: dict[str, object], cells: list[object]
) -> None:
    assert ListedTerms(SAMPLE).rows([entry]) == [cells]


def test_a_formatter_needs_no_mapping_and_a_mapping_no_formatter() -> None:
    field = ExtensionField(
        "multimedia",
        {"format": "none", "title": "none"},
        mappings={"title": "name"},
        formatters={"format": "image"},
    )
    rows = ListedTerms(field).rows([{"format": "png", "name": "x"}, {"title": "y"}, {}, {"a": 1}])
    assert rows == [["image/png", "x"], ["none", "y"], ["none", "none"], ["none", "none"]]


def test_columns_have_the_order_of_the_settings() -> None:
    field = ExtensionField("multimedia", {"title": "", "identifier": "", "format": ""})
    options = DarwinCoreOptions(extension_fields={"associatedMedia": field})
    core = DarwinCore(options, ["_id", "associatedMedia"], CSV)
    assert core.headers()["multimedia.csv"] == b"_id,title,identifier,format\n"


def test_several_lists_are_aligned_and_the_shorter_repeats_its_last() -> None:
    options = read_options(
        {
            "extension_fields": {
                "associatedMedia": {"extension": "multimedia", "fields": {"title": ""}},
                "Licences": {"extension": "multimedia", "fields": {"license": "none"}},
            }
        }
    )
    three = [{"title": "a"}, {"title": "b"}, {"title": "c"}]
    two = [{"license": "cc0"}, {"license": "cc-by"}]
    assert _media(three, options, Licences=two) == [
        ["1", "a", "cc0"],
        ["1", "b", "cc-by"],
        ["1", "c", "cc-by"],
    ]
    assert _media(three[:1], options, Licences=two) == [["1", "a", "cc0"], ["1", "a", "cc-by"]]
    assert _media(three[:2], options, Licences=[]) == [["1", "a", ""], ["1", "b", ""]]
    assert _media(None, options, Licences=two[:1]) == [["1", "", "cc0"]]
    assert _media([], options, Licences=None) is None


def test_a_term_of_several_lists_is_an_object() -> None:
    fields = {"extension": "multimedia", "fields": {"title": ""}}
    options = read_options({"extension_fields": {"associatedMedia": fields, "More images": fields}})
    rows = _media([{"title": "a"}, {"title": "b"}], options, **{"More images": [{"title": "c"}]})
    assert rows is not None
    assert [(number, json.loads(cell)) for number, cell in rows] == [
        ("1", {"associatedmedia": "a", "moreImages": "c"}),
        ("1", {"associatedmedia": "b", "moreImages": "c"}),
    ]


def test_a_single_field_of_the_same_extension_is_repeated() -> None:
    options = DarwinCoreOptions(
        additional=("multimedia",),
        extension_fields={"associatedMedia": ExtensionField("multimedia", {"title": ""})},
    )
    two = [{"title": "a"}, {"title": "b"}]
    assert _media(two, options, publisher="NHM") == [["1", "a", "NHM"], ["1", "b", "NHM"]]
    assert _media(None, options, publisher="NHM") == [["1", "", "NHM"]]
