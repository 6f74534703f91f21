"""What values occur: for everything, in a window, by who asks."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.equipment.archive import Archive, archiving, in_days

NAMES = ("sites", "telescopes", "filters", "instruments", "obstypes", "proposals")
YEAR = {"start": "2024-01-01", "end": "2024-12-31"}
SEVEN = "Datetime has wrong format. Use one of these formats instead: "
SEVEN += "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."


@pytest.fixture(scope="module")
def values(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """An archive with a public frame, one of PROP-1 and one of PROP-2 that are not."""
    with archiving(request, tmp_path_factory.mktemp("values")) as running:
        running.post(site_id="pub", proposal_id="PUBLIC", primary_optical_element="")
        for proposal, site in (("PROP-1", "one"), ("PROP-2", "two")):
            running.post(proposal_id=proposal, site_id=site, public_date=in_days(1))
        yield running


def sites(values: Archive, user: str | None, **query: object) -> list[str]:
    answer = values.get("/frames/aggregate/", user, **query)
    assert answer.status == 200, answer
    assert tuple(answer.json) == (*NAMES, "generated_at")
    return sorted(answer.json["sites"])


@pytest.mark.parametrize(
    ("user", "everything", "private", "public"),
    [
        (None, ["pub"], [], ["pub"]),
        ("bob", ["pub"], [], ["pub"]),
        ("ada", ["one", "pub"], ["one"], ["one", "pub"]),
        ("root", ["one", "pub", "two"], ["one", "two"], ["one", "pub", "two"]),
    ],
)
def test_who_is_told_what(
    values: Archive, user: str | None, everything: list[str], private: list[str], public: list[str]
) -> None:
    assert sites(values, user) == everything
    assert sites(values, user, query_timeout=0) == everything
    assert sites(values, user, **YEAR) == private
    assert sites(values, user, **YEAR, public="true") == public


def test_what_is_empty_is_left_out_and_all_else_told(values: Archive) -> None:
    answer = values.get("/frames/aggregate/").json
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.pop("generated_at"))
    assert answer == {
        "sites": ["pub"],
        "telescopes": ["1m0a"],
        "filters": [],
        "instruments": ["kb27"],
        "obstypes": ["EXPOSE"],
        "proposals": ["PUBLIC"],
    }


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"site_id": "one"}, ["one"]),
        ({"proposal_id": "PROP-2"}, ["two"]),
        ({"telescope_id": "x"}, []),
        ({"instrument_id": "kb27", "configuration_type": "EXPOSE"}, ["one", "pub", "two"]),
        ({"primary_optical_element": "rp"}, ["one", "two"]),
        ({"start": "2024-03-05T04:05"}, ["one", "pub", "two"]),
        ({"start": "2024-03-05T04:06"}, []),
        ({"end": "2024-03-05T04:05:59"}, []),
        ({"end": "2024-03-05T04:06:00"}, ["one", "pub", "two"]),
        ({"aggregate_field": "site", "site_id": ""}, ["one", "pub", "two"]),
    ],
)
def test_what_a_filter_leaves(values: Archive, query: dict[str, object], wanted: list[str]) -> None:
    assert sites(values, "root", **{**YEAR, "public": "true", **query}) == wanted


BOTH = "both start & end must be specified"
LONG = "time range must be less than or equal to a year (365 days)"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"start": "2024-01-01"}, BOTH),
        ({"end": "2024-01-01"}, BOTH),
        ({"site_id": "one"}, BOTH),
        ({"public": "true"}, BOTH),
        ({"start": "2023-01-01", "end": "2024-01-02"}, LONG),
        ({**YEAR, "start": "x"}, {"start": [SEVEN]}),
        ({**YEAR, "end": "1709611506"}, {"end": [SEVEN]}),
        ({**YEAR, "public": "maybe"}, {"public": ["Must be a valid boolean."]}),
        (
            {"query_timeout": "20001"},
            {"query_timeout": ["Ensure this value is less than or equal to 20000."]},
        ),
        (
            {"query_timeout": "-1"},
            {"query_timeout": ["Ensure this value is greater than or equal to 0."]},
        ),
        ({"query_timeout": "x"}, {"query_timeout": ["A valid integer is required."]}),
    ],
)
def test_what_is_wrong_is_told(values: Archive, query: dict[str, object], said: object) -> None:
    answer = values.get("/frames/aggregate/", None, **query)
    assert (answer.status, answer.json) == (400, said)


def test_a_window_that_ends_before_it_begins_has_nothing(values: Archive) -> None:
    assert sites(values, "root", start="2024-12-31", end="2024-01-01", public="true") == []


@pytest.mark.parametrize(("user", "seconds"), [(None, 86_400), ("ada", 300)])
def test_how_long_it_may_be_kept(values: Archive, user: str | None, seconds: int) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    answer = values.get("/frames/aggregate/", user, **YEAR)
    assert answer.headers["cache-control"] == f"max-age={seconds}"
    assert {"Cookie", "Authorization"} <= {*answer.headers["vary"].split(", ")}
    asked_at = parsedate_to_datetime(answer.headers["expires"]) - timedelta(seconds=seconds)
    assert before <= asked_at <= datetime.now(UTC)
