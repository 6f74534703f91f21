"""Odd headers: whatever is in them, there is a description that is JSON, or none."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from store.fits.mapping import HeaderMapping, describe, split_name
from store.fits.pictures import draw
from store.fits.reading import LARGEST_HEADERS, UnreadableFitsError
from store.fits.unpacking import funpack
from tests.equipment.fits_files import (
    RAW,
    REQUIRED,
    SKY,
    USUAL,
    Cards,
    header,
    packed,
    plain,
)

MAPPING = HeaderMapping()


def fields_of(path: Path, mapping: HeaderMapping = MAPPING, **extra: JsonValue) -> dict[str, Any]:
    """Describe a file, and see that JSON can say it."""
    found = describe(path, path.name, mapping, extra)
    assert found is not None
    json.dumps(found.fields, allow_nan=False)
    return found.fields


def described(folder: Path, cards: Cards, *lines: str) -> dict[str, Any]:
    return fields_of(plain(folder / "a.fits", header(cards), *lines))


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys, store.fits.mapping, store.fits.paths, store.fits.unpacking;"
        "import store.fits.pictures;"
        "print({'astropy', 'numpy', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.fits", ("a", ".fits")),
        ("a.b.fits.fz", ("a", ".b.fits.fz")),
        ("folder.d/a", ("a", "")),
        (".a.fits", (".a.fits", "")),
        ("", ("", "")),
    ],
)
def test_names_are_split_at_the_first_dot(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.fits.gz", "a.FITS"])
def test_other_files_are_not_described(tmp_path: Path, name: str) -> None:
    path = plain(tmp_path / "a.fits", header(USUAL))
    assert describe(path, name, MAPPING, dict(USUAL)) is None


@pytest.mark.parametrize("text", ["NaN", "inf", "-INF", "1E999", "(1.0, 2.0)", "'open", "~", "T F"])
def test_what_is_no_value_is_null(tmp_path: Path, text: str) -> None:
    found = described(tmp_path, USUAL, f"ODD     = {text}", "AFTER   = 5")
    assert found["headers"]["ODD"] is None
    assert found["headers"]["AFTER"] == 5


def test_broken_cards_of_a_frame_become_what_a_post_may_have(tmp_path: Path) -> None:
    cards = {key: value for key, value in USUAL.items() if key not in ("EXPTIME", "FILTER")}
    found = described(
        tmp_path,
        {**cards, "RLEVEL": "deep", "OBJECT": None, "REQNUM": "", "L1PUBDAT": "UNKNOWN"},
        "EXPTIME = NaN",
        "FILTER  = 'open",
        "L1IDBIAS= 5",
    )
    assert (found["exposure_time"], found["primary_optical_element"]) == (None, "")
    assert (found["reduction_level"], found["target_name"], found["request_id"]) == (0, "", None)
    assert found["public_date"] == "2025-03-05T04:05:06.789000"
    assert found["related_frame_filenames"] == []


def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    found = described(tmp_path, USUAL, "ACCENTS = 'M\xe9n'", "ZERO    = 'M\x00n'", "A\x00B  = 5")
    assert found["headers"]["ACCENTS"] == "M?n"
    assert "\\u0000" not in json.dumps(found)


def test_the_first_of_several_values_counts(tmp_path: Path) -> None:
    found = described(
        tmp_path, USUAL, "OBJECT  = 'second'", "HISTORY no", "COMMENT no", "        no"
    )
    assert found["target_name"] == "M 31"
    assert not {"HISTORY", "COMMENT", ""} & found["headers"].keys()


def test_all_comments_stand_in_one_text(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.fits", header(USUAL), "COMMENT one", "COMMENT two")
    found = fields_of(path, replace(MAPPING, header_blacklist=()))
    assert found["headers"]["COMMENT"] == "one\ntwo"


def test_ten_thousand_cards(tmp_path: Path) -> None:
    lines = [f"K{number:07}= {number}" for number in range(10_000)]
    found = described(tmp_path, {**USUAL, **SKY}, *lines)
    assert found["headers"]["K0009999"] == 9999
    assert found["area"] is not None


def test_headers_without_end_are_not_read_to_theirs(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    with path.open("wb") as file:
        file.write("SIMPLE  =                    T".ljust(80).encode())
        for _ in range(2 * LARGEST_HEADERS // 2**20):
            file.write(b" " * 2**20)
    assert describe(path, path.name, MAPPING) is None
    assert not draw(path, tmp_path / "a.jpg", size=100)
    with pytest.raises(UnreadableFitsError, match="bytes of headers"):
        funpack(path, tmp_path / "b.fits")


@pytest.mark.parametrize("value", [None, 5, "yesterday", "9999-12-31T00:00:00", "2024-13-01"])
def test_no_public_date_without_a_time_to_count_from(tmp_path: Path, value: object) -> None:
    path = plain(tmp_path / "a-t00.fits", header({**USUAL, "DATE-OBS": value}))
    assert fields_of(path)["public_date"] is None


def test_the_day_is_that_of_the_time_where_it_is_missing(tmp_path: Path) -> None:
    made = header({key: value for key, value in USUAL.items() if key != "DAY-OBS"})
    mapping = replace(MAPPING, required_headers=("PROPID",))
    assert fields_of(plain(tmp_path / "a.fits", made), mapping)["observation_day"] == "20240305"


def test_an_empty_part_matches_no_proposal(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.fits", header(USUAL))
    mapping = replace(MAPPING, public_proposals=("",), private_proposals=("",))
    assert fields_of(path, mapping)["public_date"] == "2025-03-05T04:05:06.789000"


def test_another_observatory_has_other_keys(tmp_path: Path) -> None:
    made = header({"PROP_ID": "P", "TARGET": "N/A", "RUN": "NONE", "CAL": "c.fits"})
    mapping = HeaderMapping(
        required_headers=("PROP_ID",),
        proposal_id_key="PROP_ID",
        target_name_key="TARGET",
        request_id_key="RUN",
        related_frame_keys=("CAL",),
        null_header_values=("P",),
    )
    found = fields_of(plain(tmp_path / "a.fits", made), mapping)
    assert (found["proposal_id"], found["target_name"]) == ("", "N/A")
    assert (found["request_id"], found["related_frame_filenames"]) == (None, ["c"])


@pytest.mark.parametrize(
    "cards",
    [
        {"RADIUS": "wide", "RA": 1, "DEC": 2},
        {"RADIUS": 1e308, "RA": 1e308, "DEC": 1e308},
        {**SKY, "A_ORDER": 10**6, "CTYPE1": "RA---TAN-SIP"},
        {**SKY, "WCSAXES": 10**6},
        {**SKY, "CTYPE1": "RA---XXX"},
        {**SKY, "CPDIS1": "LOOKUP", "DP1.NAXES": 2},
        {**SKY, "CTYPE1": "RA---TAB"},
    ],
)
def test_no_area_where_it_cannot_be_told(tmp_path: Path, cards: Cards) -> None:
    assert described(tmp_path, {**USUAL, **cards})["area"] is None


def test_what_is_said_beside_prevails(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.fits", header(USUAL))
    assert fields_of(path, OBJECT="M 33")["headers"]["OBJECT"] == "M 33"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A frame before it is damaged."""
    folder = tmp_path_factory.mktemp("sound")
    return packed(folder / "a.fits.fz", header({**USUAL, **SKY})).read_bytes()


@settings(max_examples=50, deadline=None)
@given(
    place=st.integers(0, 3 * 2880 - 1),
    junk=st.one_of(st.binary(min_size=1, max_size=100), st.sampled_from([b"-", b"99999999", b"'"])),
    cut=st.integers(0, 9000),
)
def test_damage_does_no_harm(
    tmp_path_factory: pytest.TempPathFactory, sound: bytes, place: int, junk: bytes, cut: int
) -> None:
    path = tmp_path_factory.mktemp("damaged") / f"{RAW}.fits.fz"
    damaged = sound[:place] + junk + sound[place + len(junk) :]
    path.write_bytes(damaged[: len(sound) - cut])
    found = describe(path, path.name, MAPPING, {"PROPID": "P"})
    if found is not None:
        json.dumps(found.fields, allow_nan=False)


def test_required_headers_may_be_in_any_hdu(tmp_path: Path) -> None:
    path = packed(tmp_path / f"{RAW}.fits.fz", header(REQUIRED))
    assert fields_of(path)["headers"]["NAXIS1"] == 20
    assert describe(path, path.name, HeaderMapping(required_headers=("NOWHERE",))) is None
