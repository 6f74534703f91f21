"""Names of terms, files and keys in a Darwin Core Archive."""

import pytest

from consumers.packaging.naming import camel_case, file_stem, json_keys


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Taxon resource ID", "taxonResourceID"),
        ("Event date", "eventDate"),
        ("Catalog number", "catalogNumber"),
        ("unknownField", "unknownfield"),
        ("NHM ID", "NHMID"),
        ("Some weirdWord", "someWeirdword"),
        ("  Event   date ", "eventDate"),
        ("Event\tdate\n", "eventDate"),
        ("1 Name", "1Name"),
        ("_geom", "_geom"),
        ("Höhe über MEER", "höheÜberMEER"),
        ("x", "x"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_field_is_camel_cased(field: str, name: str) -> None:
    assert camel_case(field) == name


@pytest.mark.parametrize(
    ("extension", "stem"),
    [
        ("Occurrence", "occurrence"),
        ("MeasurementOrFact", "measurement_or_fact"),
        ("Multimedia", "multimedia"),
        ("DNADerivedData", "dnaderived_data"),
        ("Vernacular Names", "vernacular_names"),
        ("../../etc/Passwd", "etc_passwd"),
        ("a\x00b\\c", "a_b_c"),
        ("…", ""),
    ],
)
def test_a_file_is_named_after_its_extension(extension: str, stem: str) -> None:
    assert file_stem(extension) == stem


def test_fields_that_share_a_key_keep_apart() -> None:
    assert json_keys(["Some thing", "some Thing", "x"]) == ["someThing", "some Thing", "x"]
    assert json_keys(["b  c", "bC", "bc", "b C"]) == ["bC", "bc", "bc_", "b C"]
