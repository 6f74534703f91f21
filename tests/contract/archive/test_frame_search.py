"""Frames that are searched for: each filter, against a handful of known frames."""

import json
from collections.abc import Iterator

import pytest

from tests.equipment.archive import Archive, archiving, in_days

SKY = {
    "near": [[150.05, 1.95], [150.05, 2.05], [149.95, 2.05], [149.95, 1.95], [150.05, 1.95]],
    "across": [[359.5, -1], [0.5, -1], [0.5, 1], [359.5, 1], [359.5, -1]],
}
FRAMES: dict[str, dict[str, object]] = {
    "alpha-e00": {
        "observation_date": "2024-03-01T10:00:00",
        "observation_day": "2024-03-01",
        "target_name": "NGC 1",
        "proposal_id": "PROP-1",
        "headers": {"USERID": "ada"},
        "area": {"type": "Polygon", "coordinates": [SKY["near"]]},
    },
    "beta-b00": {
        "observation_date": "2024-03-02T10:00:00.5",
        "observation_day": "2024-03-02",
        "target_name": "",
        "configuration_type": "BIAS",
        "reduction_level": 91,
        "exposure_time": 0,
        "area": {"type": "Polygon", "coordinates": [SKY["across"]]},
    },
    "Gamma-e91": {
        "observation_date": "2024-03-03T10:00:00",
        "observation_day": "2024-03-03",
        "target_name": "ngc 10",
        "site_id": "lsc",
        "telescope_id": "2m0b",
        "instrument_id": "fa01",
        "primary_optical_element": "V",
        "proposal_id": "PROP-2",
        "observation_id": 7,
        "request_id": 8,
        "public_date": "2024-04-01",
        "exposure_time": 100,
        "area": None,
    },
}
ALPHA, BETA, GAMMA = FRAMES
ALL = [GAMMA, BETA, ALPHA]
"""As they come without an order: the newest observation first."""


@pytest.fixture(scope="module")
def sky(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive with the known frames, and two that are not public yet."""
    with archiving(request, tmp_path_factory.mktemp("sky")) as running:
        for name, changes in FRAMES.items():
            running.post(basename=name, **changes)
        for number, proposal in enumerate(("PROP-1", "PROP-2")):
            running.post(
                basename=f"secret-{proposal}",
                observation_date=f"2024-02-0{number + 1}",
                proposal_id=proposal,
                public_date=in_days(1),
            )
        yield running


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, ALL),
        ({"unheard": "of", "site_id": "", "start": ""}, ALL),
        ({"start": "2024-03-02T10:00:00.5"}, [GAMMA, BETA]),
        ({"start": "2024-03-02T10:00:00.6"}, [GAMMA]),
        ({"end": "2024-03-01 10:00"}, [ALPHA]),
        ({"start": "2024-03-02", "end": "2024-03-02T11:00:01+01:00"}, [BETA]),
        ({"DATE_OBS": "2024-03-02T10:00:00.500"}, [BETA]),
        ({"dayobs": "2024-03-03"}, [GAMMA]),
        ({"DAY_OBS": "2024-03-03"}, [GAMMA]),
        ({"basename": "GAMMA"}, [GAMMA]),
        ({"basename": "-e"}, [GAMMA, ALPHA]),
        ({"basename": "%"}, []),
        ({"basename": "a_e"}, []),
        ({"basename_exact": "gamma-e91"}, []),
        ({"basename_exact": GAMMA}, [GAMMA]),
        ({"OBJECT": "NGC"}, [GAMMA, ALPHA]),
        ({"target_name": "\uff2e\uff27\uff23"}, [GAMMA, ALPHA]),
        ({"target_name_exact": "NGC 1"}, [ALPHA]),
        ({"empty_target_name": "false"}, [BETA]),
        ({"L1PUBDAT": "2024-04-01"}, [GAMMA]),
        ({"EXPTIME": "100"}, [GAMMA]),
        ({"exposure_time": "12.4"}, [GAMMA, ALPHA]),
        ({"OBSTYPE": "BIAS"}, [BETA]),
        ({"configuration_type": "NOSUCH"}, []),
        ({"PROPID": "PROP-2"}, [GAMMA]),
        ({"proposal_id": "prop-2"}, []),
        ({"INSTRUME": "fa01"}, [GAMMA]),
        ({"instrument_id": "kb27"}, [BETA, ALPHA]),
        ({"SITEID": "lsc"}, [GAMMA]),
        ({"telescope_id": "2m0b", "FILTER": "V"}, [GAMMA]),
        ({"telescope_id": "2m0b", "FILTER": "rp"}, []),
        ({"BLKUID": "7"}, [GAMMA]),
        ({"request_id": "8.0"}, [GAMMA]),
        ({"RLEVEL": "00"}, [GAMMA, ALPHA]),
        ({"reduction_level": "91"}, [BETA]),
        ({"exclude_OBSTYPE": ["BIAS", "DARK"]}, [GAMMA, ALPHA]),
        ({"exclude_configuration_type": ["BIAS", "EXPOSE"]}, []),
        ({"include_configuration_type": ["BIAS", "EXPOSE"]}, ALL),
        ({"exclude_calibrations": "true"}, [GAMMA, ALPHA]),
        ({"exclude_calibrations": "false"}, ALL),
        ({"submitter": "ada"}, [ALPHA]),
        ({"submitter": "Ada"}, []),
        ({"covers": "POINT(150 2)"}, [ALPHA]),
        ({"covers": "POINT(-210 2)"}, [ALPHA]),
        ({"covers": "SRID=4326;POINT(510 2)"}, [ALPHA]),
        ({"covers": json.dumps({"type": "Point", "coordinates": [150, 2]})}, [ALPHA]),
        ({"covers": "0101000000000000000000000000000000000000C0"}, []),
        ({"covers": "POINT(0 0)"}, [BETA]),
        ({"covers": "POINT(180 0)"}, []),
        ({"intersects": "POLYGON((0.2 0, 3 0, 3 1, 0.2 0))"}, [BETA]),
        ({"intersects": "POLYGON((149 1, 151 1, 151 3, 149 3, 149 1))"}, [ALPHA]),
        ({"ordering": "basename"}, [GAMMA, ALPHA, BETA]),
        ({"ordering": "-reduction_level,observation_date"}, [BETA, ALPHA, GAMMA]),
        ({"ordering": "unheard"}, ALL),
        ({"ordering": "id"}, [ALPHA, BETA, GAMMA]),
    ],
)
def test_what_a_filter_finds(sky: Archive, query: dict[str, object], wanted: list[str]) -> None:
    assert sky.found(None, **query) == wanted


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"start": "x"}, {"start": ["Enter a valid date/time."]}),
        ({"dayobs": "20240304"}, {"dayobs": ["Enter a valid date."]}),
        ({"RLEVEL": "raw"}, {"RLEVEL": ["Enter a number."]}),
        (
            {"include_configuration_type": "NOSUCH"},
            {
                "include_configuration_type": [
                    "Select a valid choice. NOSUCH is not one of the available choices."
                ]
            },
        ),
        (
            {"covers": "POINT(1,2)"},
            ["Error with covers query: Point must be specified with exact format 'POINT(RA DEC)'"],
        ),
    ],
)
def test_what_is_wrong_is_told(sky: Archive, query: dict[str, object], said: object) -> None:
    answer = sky.get("/frames/", None, **query)
    assert (answer.status, answer.json) == (400, said)


MINE, THEIRS = "secret-PROP-1", "secret-PROP-2"


@pytest.mark.parametrize(
    ("user", "public", "wanted"),
    [
        (None, "true", ALL),
        (None, "false", []),
        ("bob", "", ALL),
        ("bob", "false", ALL),
        ("ada", "", [*ALL, MINE]),
        ("ada", "unreadable", [*ALL, MINE]),
        ("ada", "false", [BETA, ALPHA, MINE]),
        ("root", "", [*ALL, THEIRS, MINE]),
        ("root", "false", [THEIRS, MINE]),
    ],
)
def test_who_sees_what(sky: Archive, user: str | None, public: str, wanted: list[str]) -> None:
    assert sky.found(user, public=public) == wanted


@pytest.mark.parametrize(
    "query",
    [
        "basename=%00",
        "%FF=%FF",
        "site_id=%FF",
        "covers=%00",
        "ordering=%00",
        "limit=%00&offset=%C3%A9",
    ],
)
def test_odd_bytes_are_no_trouble(sky: Archive, query: str) -> None:
    answer = sky.call("GET", f"/frames/?{query}")
    assert answer.status in {200, 400}
