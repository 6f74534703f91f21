"""Which form of an answer a client of `/records` gets."""

from typing import get_args

import pytest

from http_ingress.records.negotiating import Chosen, Kind, asks_for_list, choose

V4 = "application/vnd.sumatra.record-v4+json"
V3 = "application/vnd.sumatra.record-v3+json"
JSON = "application/json"
HTML = "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
KINDS: tuple[Kind, ...] = get_args(Kind)


def chosen(kind: Kind, accept: str | None, format_: str | None = None) -> str | None:
    found = choose(kind, accept, format_)
    return found.media_type if found else None


@pytest.mark.parametrize("accept", [None, "", " ", ",", "*/*", "*", "application/*"])
def test_the_newest_form_is_the_usual_one(accept: str | None) -> None:
    for kind in ("project-list", "project", "record"):
        vendor = f"application/vnd.sumatra.{kind}-v4+json"
        assert choose(kind, accept, None) == Chosen("v4", vendor)
    assert choose("permissions", accept, None) == Chosen("json", JSON)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_and_plain_json(kind: Kind) -> None:
    assert choose(kind, JSON, None) == Chosen("json", JSON)
    assert choose(kind, HTML, None) == Chosen("html", HTML)
    assert choose(kind, "text/*", None) == Chosen("html", HTML)
    assert choose(kind, BROWSER, None) == Chosen("html", HTML)


@pytest.mark.parametrize("kind", ["project-list", "project", "record"])
@pytest.mark.parametrize("form", ["v4", "v3"])
def test_a_version_is_asked_for_by_name(kind: Kind, form: str) -> None:
    vendor = f"application/vnd.sumatra.{kind}-{form}+json"
    for found in (choose(kind, vendor, None), choose(kind, HTML, f"{kind}-{form}+json")):
        assert found is not None
        assert (found.media_type, found.form) == (vendor, form)


@pytest.mark.parametrize(
    ("accept", "liked"),
    [
        (f"{V4}, {JSON}", V4),
        (f"{JSON}, {V4}", JSON),
        (f"{HTML}, {JSON}", HTML),
        (f"{JSON}, {HTML}", JSON),
        (f"{JSON};q=0.4, {HTML};q=0.5", HTML),
        (f"{JSON};q=.4, {HTML};q=.5", HTML),
        (f"{JSON};q=0.5, {HTML}", HTML),
        (f"{HTML};Q=0.5, {JSON};Q=0.9", JSON),
        (f"{HTML} ; q = 0.5 , {JSON} ; q = 0.9", JSON),
        (f"*/*;q=0.1, {V3}", V3),
        (f"*/*, {HTML}", V4),
        (f"{HTML}, */*", HTML),
        (f"{HTML};q=0.5, */*", V4),
        # parameters say nothing
        (f"{JSON};charset=utf-8", JSON),
        (f"{JSON};charset=utf-8;q=0.1, {HTML};level=1;q=0.2", HTML),
        (f'{JSON};note="a,b;q=0";q=0.9, {HTML};q=0.5', JSON),
        (f'{HTML};q=0.1, {JSON};note="', JSON),
        (f'{JSON};note="a,b";q=0.1, {HTML};q=0.5', HTML),
        (f'{JSON};note="\\",{HTML};q=1, ";q=0.5, {V3};q=0.6', V3),
        (f"{HTML};level=1;q=0.2, {JSON};q=0.5, {HTML}", HTML),
        # letters' case says nothing
        ("Application/VND.Sumatra.Record-V4+JSON", V4),
        ("TEXT/HTML", HTML),
        # what cannot be read is skipped
        (f"garbage, {HTML}", HTML),
        (f"{JSON};q=nonsense, {HTML};q=0.1", HTML),
        (f"{JSON};q=, {HTML};q=0.1", HTML),
        (f"{JSON};q=nan, {HTML};q=0.1", HTML),
        (f"/, text/, /html, ;;, ,, a/b/c, {HTML}", HTML),
        (f"{HTML};q=1{'0' * 400}", HTML),
        # q=0 excludes
        (f"{JSON};q=0, */*", V4),
        (f"{V4};q=0, */*", JSON),
        (f"{V4};q=0.0, {JSON};q=0, application/*", V3),
        ("application/*;q=0, */*", HTML),
        (f"application/*;q=0, {JSON}", JSON),
        ("*/*;q=0", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=0.000", None),
        # there is nothing of the kind
        ("image/png", None),
        ("application/xml, image/*", None),
        ("application/vnd.sumatra.project-v4+json", None),
        ("application/vnd.sumatra.record-v5+json", None),
        ("application/x-ndjson", None),
        ("garbage", None),
        ("*/html", None),
    ],
)
def test_the_form_of_a_record_that_is_liked_best_is_chosen(accept: str, liked: str | None) -> None:
    assert chosen("record", accept) == liked


def test_what_the_client_sends_gets_the_newest_form() -> None:
    for kind in ("project-list", "project", "record"):
        vendor = f"application/vnd.sumatra.{kind}-v4+json"
        assert chosen(kind, f"{vendor}, application/json") == vendor


@pytest.mark.parametrize("accept", [V4, V3, "application/vnd.sumatra.project-v4+json"])
def test_permissions_have_no_versions(accept: str) -> None:
    assert chosen("permissions", accept) is None


@pytest.mark.parametrize(
    ("format_", "liked"),
    [
        ("html", HTML),
        ("json", JSON),
        ("record-v4+json", V4),
        ("record-v3+json", V3),
        ("record-v4 json", V4),
        ("record-v3 json", V3),
        ("project-v4+json", None),
        ("project-list-v4+json", None),
        ("ndjson", None),
        ("record-v5+json", None),
        ("v4", None),
        ("v3", None),
        ("xml", None),
        ("*", None),
    ],
)
@pytest.mark.parametrize("accept", [None, HTML, JSON, "image/png", f"{V4};q=0"])
def test_the_parameter_goes_before_the_header(
    format_: str, accept: str | None, liked: str | None
) -> None:
    assert chosen("record", accept, format_) == liked


def test_a_parameter_of_another_kind_is_not_acceptable() -> None:
    assert chosen("project", None, "project-list-v4+json") is None
    assert chosen("project-list", None, "project-v4+json") is None
    assert chosen("permissions", None, "project-v4+json") is None
    assert chosen("permissions", None, "json") == JSON


def test_an_empty_parameter_says_nothing() -> None:
    assert chosen("record", HTML, "") == HTML


def test_a_project_can_be_had_as_lines() -> None:
    by_header = choose("project", "application/x-ndjson", None)
    by_name = choose("project", HTML, "ndjson")
    assert by_header == by_name == Chosen("ndjson", "application/x-ndjson")


def test_a_choice_says_what_to_do() -> None:
    html, v3 = Chosen("html", HTML), Chosen("v3", V3)
    lines = Chosen("ndjson", "application/x-ndjson")
    assert (html.html, html.v3, html.ndjson) == (True, False, False)
    assert (v3.html, v3.v3, v3.ndjson) == (False, True, False)
    assert (lines.html, lines.v3, lines.ndjson) == (False, False, True)
    assert html.content_type == "text/html; charset=utf-8"
    assert v3.content_type == "application/vnd.sumatra.record-v3+json; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "asks"),
    [
        ("application/vnd.sumatra.project-list-v4+json, application/json", True),
        ("application/vnd.sumatra.project-list-v3+json;q=0.1", True),
        ("text/html, Application/VND.Sumatra.Project-List-v4+JSON", True),
        ("application/vnd.sumatra.project-list-v4+json;q=0, */*", False),
        ("application/vnd.sumatra.project-v4+json", False),
        ("application/json", False),
        (BROWSER, False),
        ("*/*", False),
        ("", False),
        (None, False),
    ],
)
def test_only_who_names_the_list_asks_for_it(accept: str | None, *, asks: bool) -> None:
    assert asks_for_list(accept) is asks
