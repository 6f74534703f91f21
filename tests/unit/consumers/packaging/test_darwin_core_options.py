"""What an operator may write about Darwin Core Archives."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from consumers.packaging.darwin_core_options import (
    DarwinCoreOptions,
    ExtensionField,
    read_options,
)
from consumers.packaging.vocabulary import Vocabulary

SAMPLE = """{
  "id_field": "id",
  "additional": ["measurement_or_fact"],
  "extension_fields": {
    "media": {
      "extension": "multimedia",
      "fields": {"title": "untitled", "format": "image/jpeg"},
      "mappings": {"format": "mime"},
      "formatters": {"format": "image"}
    }
  }
}"""


def test_nothing_written_is_the_stock() -> None:
    options = read_options({})
    assert options == DarwinCoreOptions()
    assert (options.id_field, options.dynamic_term) == ("_id", "dynamicProperties")
    assert options.additional == ()
    media = options.extension_fields["associatedMedia"]
    assert list(media.fields) == [
        "type",
        "format",
        "identifier",
        "title",
        "license",
        "rightsHolder",
    ]
    assert set(media.fields.values()) == {""}
    assert media.mappings == {"format": "mime"}


def test_what_is_written_counts() -> None:
    options = read_options(json.loads(SAMPLE))
    assert options.id_field == "id"
    assert options.additional == ("measurement_or_fact",)
    assert list(options.extension_fields) == ["media"]
    assert list(options.extension_fields["media"].fields) == ["title", "format"]


def test_null_is_not_written() -> None:
    assert read_options({"core": None, "id_field": None}) == DarwinCoreOptions()


def test_mappings_and_formatters_may_be_left_out() -> None:
    written = {"media": {"extension": "multimedia", "fields": {"title": ""}}}
    options = read_options({"extension_fields": written})
    assert options.extension_fields["media"] == ExtensionField("multimedia", {"title": ""})


def test_lists_may_be_switched_off() -> None:
    assert read_options({"extension_fields": {}}).extension_fields == {}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"id_feld": "x"}, "id_feld: .*(not permitted|nexpected)"),
        ({"id_field": 7}, "id_field: .*string"),
        ({"additional": "occurrence"}, "additional: .*tuple"),
        ({"extension_fields": {"m": {"fields": {"title": ""}}}}, r"m\.extension: "),
        ({"extension_fields": {"m": {"extension": "multimedia"}}}, r"m\.fields: "),
        (
            {"extension_fields": {"m": {"extension": "multimedia", "fields": {}}}},
            r"m\.fields: name at least one",
        ),
        (
            {
                "extension_fields": {
                    "m": {
                        "extension": "multimedia",
                        "fields": {"title": ""},
                        "formatters": {"title": "eval"},
                    }
                }
            },
            "m.formatters.title: .*'image'",
        ),
        (
            {
                "extension_fields": {
                    "m": {
                        "extension": "multimedia",
                        "fields": {"title": ""},
                        "mappings": {"heading": "name"},
                    }
                }
            },
            "m.mappings: 'heading' is not one of fields",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(
    settings: Mapping[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as caught:
        read_options(settings)
    assert "\n" not in str(caught.value)


def _listing(extension: str, term: str) -> DarwinCoreOptions:
    return DarwinCoreOptions(extension_fields={"m": ExtensionField(extension, {term: ""})})


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (DarwinCoreOptions(core="/nowhere.xml"), "/nowhere.xml"),
        (DarwinCoreOptions(additional=("/nowhere.xml",)), "/nowhere.xml"),
        (DarwinCoreOptions(dynamic_term="extras"), "'occurrence' has no term 'extras'"),
        (_listing("multimedia", "tiltle"), "'multimedia' has no term 'tiltle'"),
        (_listing("occurrence", "type"), "cannot go to the core"),
    ],
)
def test_definitions_that_do_not_fit_are_told(options: DarwinCoreOptions, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Vocabulary(options)


def test_a_definition_without_a_name_for_its_file_is_told(tmp_path: Path) -> None:
    place = tmp_path / "odd.xml"
    text = "<extension name='..' rowType='r'><property name='p' qualName='q'/></extension>"
    place.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="holds no letter"):
        Vocabulary(DarwinCoreOptions(additional=(str(place),)))
