"""What may be said of a component, case by case of the contract, and what is said by default."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from schemas.capabilities import CAPABILITIES
from schemas.component_descriptions import (
    DescriptionError,
    default_description,
    read_description,
    write_moment,
)
from schemas.components import CATEGORIES, COMPONENTS, PLATFORM, SERVICE
from schemas.release import RELEASED, VERSION
from tests.equipment.descriptions import INFO


def said(**changed: object) -> dict[str, Any]:
    return {**INFO, **changed}


def refused(body: object, component: str = SERVICE) -> dict[str, str]:
    with pytest.raises(DescriptionError) as caught:
        read_description(COMPONENTS[component], body)
    assert all(text for text in caught.value.errors.values())
    return dict(caught.value.errors)


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_was_said_comes_back_in_the_order_of_the_contract(component: str) -> None:
    info = read_description(COMPONENTS[component], INFO).info()
    expected = {name: value for name, value in INFO.items() if name != "category"}
    if component != PLATFORM:
        expected = INFO
    assert list(info.items()) == list(expected.items())


@pytest.mark.parametrize("field", INFO)
@pytest.mark.parametrize("missing", [True, False], ids=["missing", "empty"])
def test_every_field_is_required(field: str, missing: bool) -> None:  # noqa: FBT001
    empty = [] if field == "tags" else ""
    body = {name: value for name, value in INFO.items() if name != field}
    assert refused(body if missing else said(**{field: empty})).keys() == {field}


def test_platforms_have_no_category_whatever_is_said_of_it() -> None:
    for body in (said(category=7), said(category=""), INFO):
        assert read_description(COMPONENTS[PLATFORM], body).category is None


def test_unknown_keys_are_ignored() -> None:
    assert read_description(COMPONENTS[SERVICE], said(colour="red")).info() == INFO


@pytest.mark.parametrize("body", [[], "x", 5, None, True, list(INFO)])
def test_a_body_that_is_no_object_is_told_so(body: object) -> None:
    assert refused(body).keys() == {"body"}


@pytest.mark.parametrize(
    "tags", ["zip", [], {"x": 1}, [1], ["zip", None], [""], ["zip", "  "], 7, [["zip"]], ["a\0"]]
)
def test_tags_are_an_array_of_strings(tags: object) -> None:
    assert refused(said(tags=tags)).keys() == {"tags"}


def test_a_tag_keeps_its_blanks() -> None:
    info = read_description(COMPONENTS[SERVICE], said(tags=["two words", "é"])).info()
    assert info["tags"] == ["two words", "é"]


@pytest.mark.parametrize("field", [name for name in INFO if name != "tags"])
@pytest.mark.parametrize("value", [0, 7, 1.5, True, None, ["x"], {"x": 1}], ids=repr)
def test_what_is_no_string_is_refused_by_name(field: str, value: object) -> None:
    assert refused(said(**{field: value})).keys() == {field}


@pytest.mark.parametrize(
    "field", ["name", "version", "institution", "supportEmail", "category", "researchSubject"]
)
def test_texts_have_at_most_254_characters(field: str) -> None:
    long = "é" * 254
    if field == "supportEmail":
        assert refused(said(supportEmail=f"a@{'x.' * 126}example")).keys() == {field}
        return
    assert read_description(COMPONENTS[SERVICE], said(**{field: long})).info()[field] == long
    assert refused(said(**{field: long + "é"})).keys() == {field}


def test_synopsis_and_tags_may_be_longer() -> None:
    body = said(synopsis="several\nlines " * 500, tags=["t" * 1000] * 10)
    assert read_description(COMPONENTS[SERVICE], body).info() == body


@pytest.mark.parametrize(
    ("field", "long"),
    [
        ("synopsis", "x" * 10_001),
        ("tags", ["x" * 5000, "x" * 5001]),
        ("tags", ["x"] * 101),
        ("tags", ["two\nlines"]),
    ],
    ids=["synopsis", "together", "many", "lines"],
)
def test_even_these_have_an_end(field: str, long: object) -> None:
    assert refused(said(**{field: long})).keys() == {field}


@pytest.mark.parametrize("bad", ["\0", "a\x07", "\ud800", "x\x9f"], ids=ascii)
@pytest.mark.parametrize("field", ["name", "synopsis", "version"])
def test_control_characters_are_refused(field: str, bad: str) -> None:
    assert refused(said(**{field: f"x{bad}"})).keys() == {field}


@pytest.mark.parametrize("address", ["help", "@example.org", "help@", "a b@c.d", "a@b@c", "<a@b>"])
def test_an_address_has_one_at_with_something_around_it(address: str) -> None:
    assert refused(said(supportEmail=address)).keys() == {"supportEmail"}


def test_the_service_may_have_any_category_and_a_capability_only_those_there_are() -> None:
    odd = said(category="Nothing of the kind")
    assert read_description(COMPONENTS[SERVICE], odd).category == "Nothing of the kind"
    assert refused(odd, "packager").keys() == {"category"}
    for category in CATEGORIES:
        body = said(category=category)
        assert read_description(COMPONENTS["packager"], body).category == category


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
        ("2024-02-29t23:59:59z", "2024-02-29T23:59:59Z"),
        ("2024-2-9T3:5:9Z", "2024-02-09T03:05:09Z"),
        ("2024-03-01T01:59:59+02:00", "2024-02-29T23:59:59Z"),
        ("2024-02-29T22:29:59-01:30", "2024-02-29T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_shown_as_utc_to_the_second(text: str, shown: str) -> None:
    info = read_description(COMPONENTS[SERVICE], said(releaseTime=text)).info()
    assert info["releaseTime"] == shown


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-29", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-02-29T24:00:00Z"),
        *("2024-02-29T23:59:60Z", "2024-02-29T23:59:59.5Z", "2024-02-29T23:59:59", "now"),
        *("2024-02-29 23:59:59Z", "2024-02-29T23:59:59Z\n", "0000-01-01T00:00:00Z"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2024-02-29T23:59:59+99:99"),
        "٢٠٢٤-02-29T23:59:59Z",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    assert refused(said(releaseTime=text)).keys() == {"releaseTime"}


def test_all_that_is_wrong_is_told_at_once() -> None:
    errors = refused(said(name="", tags="zip", releaseTime="now"))
    assert errors.keys() == {"name", "tags", "releaseTime"}
    assert "name must not be empty" in str(DescriptionError(errors))


# --- by default -----------------------------------------------------------------------------------


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_said_by_default_could_be_said(component: str) -> None:
    info = default_description(COMPONENTS[component]).info()
    again = read_description(COMPONENTS[component], json.loads(json.dumps(info)))
    assert again == default_description(COMPONENTS[component])
    assert again.release_time == RELEASED


def test_names_by_default_differ() -> None:
    names = {default_description(one).name for one in COMPONENTS.values()}
    assert len(names) == len(COMPONENTS)
    assert all(
        default_description(COMPONENTS[name]).name == one.title
        for name, one in CAPABILITIES.items()
    )


def test_the_base_components_are_described_as_the_contract_says() -> None:
    service, platform = (default_description(COMPONENTS[name]) for name in (SERVICE, PLATFORM))
    assert service.name == "Reference Service (INSERT LOCATION)"
    assert platform.name == "Reference Platform (INSERT LOCATION)"
    assert "revision 6" in service.synopsis
    assert "revision 2" in platform.synopsis
    assert (service.category, platform.category) == ("Other", None)
    assert service.tags == ("CANARIE", "RPI", "reference", "service")
    assert platform.tags == ("CANARIE", "RPI", "reference", "platform")
    assert {service.version, platform.version} == {"2.0"}


def test_moments_have_no_offset_and_no_fraction() -> None:
    east = timezone(timedelta(hours=2))
    assert write_moment(datetime(2026, 1, 1, 1, 2, 3, 999999, east)) == "2025-12-31T23:02:03Z"
    assert write_moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_every_capability_has_a_category_that_there_is() -> None:
    assert all(one.category in CATEGORIES for one in CAPABILITIES.values())


def test_the_release_is_that_of_the_project() -> None:
    project = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert f'\nversion = "{VERSION}"\n' in project
