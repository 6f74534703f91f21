"""What is sent for a frame: what is made of it, and what may be wrong with each field."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from schemas.frame_post import Post, PostedVersion
from tests.unit.schemas.frame_bodies import (
    AT_MOST,
    BAD_NAME,
    BLANK,
    INTEGER,
    LEAST,
    MD5,
    NO_POLYGON,
    NO_TIME,
    NULL,
    NUMBER,
    REQUIRED,
    VERSION,
    errors_of,
    longest,
    not_a_list,
    read,
)

LARGEST = ["Ensure this field has no more than 2000 bytes."]


def test_the_least_that_is_taken() -> None:
    assert read() == Post(
        basename="a-frame",
        fields={"observation_day": "2024-03-04", "configuration_type": "EXPOSE"},
        headers={"SIMPLE": True},
        area='{"type":"Polygon","coordinates":[[[1,2],[3,2],[3,4],[1,2]]]}',
        versions=(PostedVersion("k", MD5, ".fits.fz"),),
    )


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("observation_date", "2024-03-05T04:05:06", datetime(2024, 3, 5, 4, 5, 6, tzinfo=UTC)),
        ("observation_date", "2024-03-05", datetime(2024, 3, 5, tzinfo=UTC)),
        ("observation_date", None, None),
        ("public_date", "2024-03-05T04:05+01:00", datetime(2024, 3, 5, 3, 5, tzinfo=UTC)),
        ("observation_day", "2024-03-04", "2024-03-04"),
        ("exposure_time", 12.5, 12.5),
        ("exposure_time", 3, 3.0),
        ("exposure_time", "1.5e1", 15.0),
        ("exposure_time", None, None),
        ("reduction_level", 91, 91),
        ("reduction_level", "00", 0),
        ("reduction_level", -32768, -32768),
        ("reduction_level", 91.0, 91),
        ("observation_id", "4711", 4711),
        ("observation_id", "4711.0", 4711),
        ("observation_id", 2147483647, 2147483647),
        ("request_id", None, None),
        ("proposal_id", "", ""),
        ("proposal_id", "  PROP-1 ", "PROP-1"),
        ("target_name", "x" * 200, "x" * 200),
        ("target_name", 67, "67"),
        ("primary_optical_element", "f" * 100, "f" * 100),
        ("site_id", "tst", "tst"),
    ],
)
def test_what_a_plain_field_may_say(field: str, sent: JsonValue, kept: object) -> None:
    assert read(**{field: sent}).fields[field] == kept


def test_a_field_that_is_absent_says_nothing() -> None:
    assert "target_name" not in read().fields


@pytest.mark.parametrize("ignored", ["id", "frame_basename", "size", "submitter", "created"])
def test_what_is_no_field_of_a_frame_is_ignored(ignored: str) -> None:
    assert read(**{ignored: {"any": "thing"}}) == read()


def test_names_are_stripped_and_told_once() -> None:
    assert read(basename="  b ").basename == "b"
    assert read(related_frame_filenames=["x", " x", "y/z"]).related == ("x", "y/z")
    assert read(version_set=[{**VERSION, "md5": MD5.upper()}]).versions[0].md5 == MD5


def test_versions_and_area_may_be_none() -> None:
    post = read(version_set=[], area=None)
    assert (post.versions, post.area) == ((), None)


@pytest.mark.parametrize("field", [*LEAST])
def test_what_is_required(field: str) -> None:
    assert errors_of({name: value for name, value in LEAST.items() if name != field}) == {
        field: REQUIRED
    }


@pytest.mark.parametrize(
    "field",
    [
        *("basename", "version_set", "headers", "observation_day", "configuration_type"),
        *("related_frame_filenames", "proposal_id", "instrument_id", "target_name", "site_id"),
        *("telescope_id", "primary_optical_element", "reduction_level"),
    ],
)
def test_what_may_not_be_null(field: str) -> None:
    assert errors_of({**LEAST, field: None}) == {field: NULL}


@pytest.mark.parametrize(
    ("field", "sent", "errors"),
    [
        ("basename", "", BLANK),
        ("basename", "   ", BLANK),
        ("basename", "x" * 1001, longest(1000)),
        ("basename", "\N{TELESCOPE}" * 501, LARGEST),
        ("basename", "a/b", BAD_NAME),
        ("basename", "..", BAD_NAME),
        ("basename", "a..b", BAD_NAME),
        ("basename", "a\\b", BAD_NAME),
        ("basename", "a\nb", ["A basename has no control characters."]),
        ("basename", "a\0b", ["Null characters are not allowed."]),
        ("basename", True, ["Not a valid string."]),
        ("basename", ["a"], ["Not a valid string."]),
        ("proposal_id", "x" * 201, longest(200)),
        ("instrument_id", "x" * 65, longest(64)),
        ("target_name", "x" * 201, longest(200)),
        ("target_name", {}, ["Not a valid string."]),
        ("site_id", "sites", longest(3)),
        ("telescope_id", "1m0ab", longest(4)),
        ("primary_optical_element", "x" * 101, longest(100)),
        ("configuration_type", "ARC", ['"ARC" is not a valid choice.']),
        ("configuration_type", "expose", ['"expose" is not a valid choice.']),
        ("configuration_type", "", ['"" is not a valid choice.']),
        ("configuration_type", 7, ['"7" is not a valid choice.']),
        ("reduction_level", 32768, ["Ensure this value is less than or equal to 32767."]),
        ("reduction_level", -32769, ["Ensure this value is greater than or equal to -32768."]),
        ("reduction_level", "raw", INTEGER),
        ("reduction_level", "", INTEGER),
        ("reduction_level", True, INTEGER),
        ("reduction_level", [], INTEGER),
        ("observation_id", -1, ["Ensure this value is greater than or equal to 0."]),
        ("observation_id", 2147483648, AT_MOST),
        ("observation_id", 10**400, AT_MOST),
        ("observation_id", 1.5, INTEGER),
        ("observation_id", float("inf"), INTEGER),
        ("observation_id", "1" * 1001, ["String value too large."]),
        ("request_id", "N/A", INTEGER),
        ("exposure_time", "long", NUMBER),
        ("exposure_time", "nan", NUMBER),
        ("exposure_time", "1_0", NUMBER),
        ("exposure_time", float("inf"), NUMBER),
        ("exposure_time", 10**400, NUMBER),
        ("exposure_time", False, NUMBER),
        ("exposure_time", {}, NUMBER),
        ("exposure_time", "1" * 1001, ["String value too large."]),
        ("observation_date", "yesterday", [NO_TIME]),
        ("observation_date", 1709611506, [NO_TIME]),
        ("observation_date", "", [NO_TIME]),
        ("public_date", "2024-02-30T00:00", [NO_TIME]),
        ("public_date", [], [NO_TIME]),
        (
            "observation_day",
            "04.03.2024",
            ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD, YYYYMMDD."],
        ),
        ("headers", [], ['Expected a dictionary of items but got type "list".']),
        ("headers", "SIMPLE = T", ['Expected a dictionary of items but got type "str".']),
        ("headers", {"A": {"B": [float("inf")]}}, ["Value must be valid JSON."]),
        ("area", "POLYGON", ["Invalid polygon: it must be a GeoJSON object."]),
        ("area", {"type": "Point", "coordinates": [1, 2]}, [NO_POLYGON]),
        ("area", {"type": "MultiPolygon", "coordinates": []}, [NO_POLYGON]),
        ("related_frame_filenames", "a", not_a_list("str")),
        ("related_frame_filenames", {"0": "a"}, not_a_list("dict")),
        ("related_frame_filenames", ["a", "", None], {"1": BLANK, "2": NULL}),
        ("related_frame_filenames", ["x" * 1001], {"0": longest(1000)}),
        ("related_frame_filenames", ["\N{TELESCOPE}" * 501], {"0": LARGEST}),
        ("version_set", [{**VERSION, "key": "\N{TELESCOPE}" * 501}], [{"key": LARGEST}]),
        (
            "related_frame_filenames",
            ["x"] * 10_001,
            ["Ensure this field has no more than 10000 elements."],
        ),
        (
            "related_frames",
            [1],
            ["This field cannot be set; name frames in related_frame_filenames."],
        ),
        ("version_set", "k", {"non_field_errors": not_a_list("str")}),
        ("version_set", {}, {"non_field_errors": not_a_list("dict")}),
        (
            "version_set",
            [VERSION] * 101,
            {"non_field_errors": ["Ensure this field has no more than 100 elements."]},
        ),
    ],
)
def test_what_is_wrong_with_a_field(field: str, sent: JsonValue, errors: JsonValue) -> None:
    assert errors_of({**LEAST, field: sent}) == {field: errors}


def test_a_ring_that_is_not_closed_says_so() -> None:
    area: JsonValue = {"type": "Polygon", "coordinates": [[[1, 2], [3, 2], [3, 4], [1, 3]]]}
    message = "Invalid polygon: a ring must be closed: its last position must equal its first."
    assert errors_of({**LEAST, "area": area}) == {"area": [message]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "No data provided"),
        ([], "Invalid data. Expected a dictionary, but got list."),
        ("text", "Invalid data. Expected a dictionary, but got str."),
        (7, "Invalid data. Expected a dictionary, but got int."),
    ],
)
def test_a_body_is_an_object(body: JsonValue, message: str) -> None:
    assert errors_of(body) == {"non_field_errors": [message]}


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert errors_of({}).keys() == LEAST.keys()
