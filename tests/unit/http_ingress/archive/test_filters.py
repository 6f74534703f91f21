"""What the query of a list of frames asks for."""

from datetime import UTC, datetime

import pytest
from multidict import MultiDict

from http_ingress.archive.answers import Refused
from http_ingress.archive.filter_texts import FILTERS
from http_ingress.archive.parameter_values import NOTHING
from http_ingress.archive.parameters import PARAMETERS, Types, read_search
from store.frames.search import (
    DEFAULT_ORDER,
    Among,
    AtLeast,
    AtMost,
    Contains,
    Equal,
    Filter,
    NotPublic,
    Search,
    Sky,
)
from store.sky.geometry import read_geometry

TYPES = Types(known=("EXPOSE", "BIAS", "DARK"), science=("EXPOSE", "OBJECT"))
NIGHT = datetime(2024, 3, 5, 4, 5, 6, tzinfo=UTC)
WIDE = "\uff2e\uff27\uff23"
"""NGC, in fullwidth letters."""
NO_TIME = ["Enter a valid date/time."]
NO_DAY = ["Enter a valid date."]
NO_NUMBER = ["Enter a number."]


def read(*pairs: tuple[str, str]) -> Search:
    return read_search(MultiDict(pairs), TYPES)


def refused(*pairs: tuple[str, str]) -> object:
    with pytest.raises(Refused) as caught:
        read(*pairs)
    assert caught.value.status == 400
    return caught.value.said


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("start", "2024-03-05T04:05:06", AtLeast("observation_date", NIGHT)),
        ("start", "2024-03-05 04:05:06Z", AtLeast("observation_date", NIGHT)),
        ("end", "2024-03-05T05:05:06+01:00", AtMost("observation_date", NIGHT)),
        ("end", "2024-03-05T05:05:06 01:00", AtMost("observation_date", NIGHT)),
        ("end", "2024-03-05", AtMost("observation_date", datetime(2024, 3, 5, tzinfo=UTC))),
        ("DATE_OBS", "2024-03-05T04:05:06", Equal("observation_date", NIGHT)),
        ("L1PUBDAT", "2024-03-05T04:05:06", Equal("public_date", NIGHT)),
        ("dayobs", "2024-03-04", Equal("observation_day", "2024-03-04")),
        ("DAY_OBS", "2024-03-04", Equal("observation_day", "2024-03-04")),
        ("basename", "KB27_%", Contains("basename", "KB27_%")),
        ("basename_exact", "a-Frame", Equal("basename", "a-Frame")),
        ("OBJECT", WIDE, Contains("target_name", WIDE)),
        ("target_name", f"{WIDE} é", Contains("target_name", "NGC e")),
        ("target_name", "ж", Contains("target_name", "ж")),
        ("target_name_exact", " M 31 ", Equal("target_name", "M 31")),
        ("empty_target_name", "false", Equal("target_name", "")),
        ("public", "false", NotPublic()),
        ("public", "0", NotPublic()),
        ("EXPTIME", "12.5", AtLeast("exposure_time", 12.5)),
        ("exposure_time", "1e1", AtLeast("exposure_time", 10.0)),
        ("exposure_time", "-.5", AtLeast("exposure_time", -0.5)),
        ("OBSTYPE", "NOSUCH", Equal("configuration_type", "NOSUCH")),
        ("configuration_type", "BIAS", Equal("configuration_type", "BIAS")),
        ("PROPID", "p", Equal("proposal_id", "p")),
        ("proposal_id", "p", Equal("proposal_id", "p")),
        ("INSTRUME", "kb27", Equal("instrument_id", "kb27")),
        ("SITEID", "tst", Equal("site_id", "tst")),
        ("TELID", "1m0a", Equal("telescope_id", "1m0a")),
        ("FILTER", "rp", Equal("primary_optical_element", "rp")),
        ("BLKUID", "4711", Equal("observation_id", 4711)),
        ("REQNUM", "991.0", Equal("request_id", 991)),
        ("reduction_level", "00", Equal("reduction_level", 0)),
        ("RLEVEL", "+91", Equal("reduction_level", 91)),
        ("RLEVEL", "0.5", NOTHING),
        ("BLKUID", "9" * 30, NOTHING),
        ("submitter", "adä", Equal("submitter", "ada")),
        ("exclude_calibrations", "true", Among("configuration_type", ("EXPOSE", "OBJECT"))),
        ("include_configuration_type", "BIAS", Among("configuration_type", ("BIAS",))),
        (
            "exclude_OBSTYPE",
            "BIAS",
            Among("configuration_type", ("BIAS",), excluded=True),
        ),
        ("covers", "POINT(150 2)", Sky("covers", read_geometry("POINT(150 2)"))),
        ("intersects", "POINT(-210 2)", Sky("intersects", read_geometry("POINT(150 2)"))),
    ],
)
def test_what_a_parameter_asks_for(name: str, text: str, wanted: Filter) -> None:
    assert read((name, text)).filters == (wanted,)


@pytest.mark.parametrize(
    "pair",
    [
        *(("site_id", ""), ("site_id", "  "), ("start", ""), ("RLEVEL", ""), ("covers", "")),
        *(("exclude_OBSTYPE", ""), ("empty_target_name", ""), ("public", ""), ("unheard", "of")),
        *(("public", "true"), ("public", "True"), ("public", "FALSE"), ("public", "no")),
        *(("exclude_calibrations", "false"), ("exclude_calibrations", "yes"), ("limit", "1")),
    ],
)
def test_what_says_nothing(pair: tuple[str, str]) -> None:
    assert read(pair) == Search()


def test_all_have_to_hold_and_the_last_of_equal_ones_counts() -> None:
    found = read(("site_id", "a"), ("site_id", "b"), ("TELID", "t"), ("telescope_id", "u"))
    assert set(found.filters) == {
        Equal("site_id", "b"),
        Equal("telescope_id", "t"),
        Equal("telescope_id", "u"),
    }


def test_types_may_be_repeated() -> None:
    found = read(("include_configuration_type", "BIAS"), ("include_configuration_type", "DARK"))
    assert found.filters == (Among("configuration_type", ("BIAS", "DARK")),)


@pytest.mark.parametrize(
    ("name", "text", "messages"),
    [
        *((name, "yesterday", NO_TIME) for name in ("start", "end", "DATE_OBS", "L1PUBDAT")),
        ("start", "1709611506", NO_TIME),
        ("end", "2024-02-30", NO_TIME),
        ("dayobs", "20240304", NO_DAY),
        ("DAY_OBS", "2024-02-30", NO_DAY),
        *((name, "many", NO_NUMBER) for name in ("EXPTIME", "BLKUID", "REQNUM", "RLEVEL")),
        *((name, "nan", NO_NUMBER) for name in ("exposure_time", "observation_id")),
        ("exposure_time", "Infinity", NO_NUMBER),
        ("request_id", "1" * 1001, NO_NUMBER),
        ("request_id", "1_000", NO_NUMBER),
        ("request_id", "1e51", ["Ensure this value is less than or equal to 1e+50."]),
        ("basename", "a\0b", ["Null characters are not allowed."]),
        *(
            (name, "NOSUCH", ["Select a valid choice. NOSUCH is not one of the available choices."])
            for name in (
                "exclude_OBSTYPE",
                "exclude_configuration_type",
                "include_configuration_type",
            )
        ),
    ],
)
def test_what_is_wrong_with_a_parameter(name: str, text: str, messages: list[str]) -> None:
    assert refused((name, text)) == {name: messages}


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert refused(("start", "x"), ("RLEVEL", "x"), ("covers", "x")) == {
        "start": NO_TIME,
        "RLEVEL": NO_NUMBER,
    }


@pytest.mark.parametrize("how", ["covers", "intersects"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POINT(150, 2)", "Point must be specified with exact format 'POINT(RA DEC)'"),
        ("POINT 150", "Point must be specified with exact format 'POINT(RA DEC)'"),
        (
            "junk",
            "Geometry must be a point, line or polygon as WKT, EWKT, HEXEWKB or GeoJSON",
        ),
        ("POINT(1 91)", "DEC must be between -90 and 90 degrees"),
    ],
)
def test_a_wrong_geometry_is_told_in_a_list(how: str, text: str, reason: str) -> None:
    assert refused((how, text)) == [f"Error with {how} query: {reason}"]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", DEFAULT_ORDER),
        ("-nothing,unheard", DEFAULT_ORDER),
        ("id", (("id", False),)),
        ("-id", (("id", True),)),
        (" -exposure_time , basename,unheard", (("exposure_time", True), ("basename", False))),
        ("target_name,-target_name", (("target_name", False),)),
        ("--id", DEFAULT_ORDER),
    ],
)
def test_an_order_is_of_columns_that_are_known(text: str, order: object) -> None:
    assert read(("ordering", text)).order == order


def test_every_filter_is_described() -> None:
    assert sorted(FILTERS) == sorted(PARAMETERS)
