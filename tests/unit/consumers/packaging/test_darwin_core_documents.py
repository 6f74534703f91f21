"""`eml.xml` and `gbif.json`."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consumers.packaging.darwin_core_documents import eml_document, gbif_marker

MOMENT = datetime(2026, 11, 21, 23, 30, 5, 250_000, tzinfo=UTC)


def _filled(template: str) -> str:
    return eml_document(template, "7c9e", MOMENT).decode()


def test_three_placeholders_are_filled_in() -> None:
    template = '<eml packageId="{package_id}" at="{date_stamp}">{pub_date}|{pub_date}</eml>'
    assert _filled(template) == (
        '<eml packageId="7c9e" at="2026-11-21T23:30:05Z">2026-11-21|2026-11-21</eml>'
    )


@pytest.mark.parametrize(
    "template",
    ["", "{}", "{other}", "{{package_id", "{ package_id }", "{0}", "}{", "{package_id!r}", "%s"],
)
def test_any_other_brace_stays(template: str) -> None:
    assert _filled(template) == template


def test_a_brace_around_a_placeholder_stays() -> None:
    assert _filled("{{package_id}}") == "{7c9e}"


def test_what_is_filled_in_is_not_read_again() -> None:
    assert eml_document("{package_id}", "{pub_date}", MOMENT) == b"{pub_date}"


def test_what_is_not_ascii_is_utf_8() -> None:
    assert eml_document("<título>日本 {pub_date}", "", MOMENT) == "<título>日本 2026-11-21".encode()


def test_half_a_character_fails_nothing() -> None:
    assert eml_document("a\ud800b", "", MOMENT) == b"a?b"


def test_the_date_is_that_of_utc() -> None:
    west = datetime(2026, 12, 31, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert eml_document("{pub_date} {date_stamp}", "", west) == b"2027-01-01 2027-01-01T04:00:00Z"


def test_the_marker_has_the_seconds() -> None:
    moment = datetime.fromtimestamp(1790000000.25, tz=UTC)
    assert json.loads(gbif_marker(moment)) == {"time": 1790000000.25}
