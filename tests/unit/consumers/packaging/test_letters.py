"""Letters say where the package is, whatever the values hold and the operator has written."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consumers.packaging.letters import PLACEHOLDERS, Letter, apology, delivery, human_size
from schemas.packaging import Letters
from store.package_ports import Package, PackageRequest

BUILT = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
URL = "https://archive.example.org/packager/resources/x7.zip"
DOI = "10.5519/0002965"
REQUEST = PackageRequest(
    event_key="k",
    kind="datastore",
    resource_id="birds",
    format="csv",
    host="data.museum.example",
    digest="0" * 64,
    parameters={},
    api_key=None,
    email="ada@example.org",
    asked_by="a…@example.org",
    count=None,
    accepted_at=BUILT,
)
PACKAGE = Package(
    id="k",
    name="x7.zip",
    digest="0" * 64,
    kind="datastore",
    resource_id="birds",
    format="csv",
    host="data.museum.example",
    size=1_440_000,
    sha256="0" * 64,
    rows=12_345,
    built_at=BUILT,
    expires_at=BUILT + timedelta(days=7),
)
ALL = " ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def deliver(
    letters: Letters | None = None,
    *,
    doi: str = "",
    resource_id: str = "birds",
    rows: int | None = 12_345,
    expires_at: datetime = PACKAGE.expires_at,
) -> Letter:
    request = replace(REQUEST, resource_id=resource_id)
    package = replace(PACKAGE, rows=rows, expires_at=expires_at)
    return delivery(letters or Letters(), request, package, URL, doi)


def test_the_built_in_letter_says_what_is_where_and_until_when() -> None:
    letter = deliver()
    assert letter.sender == "(nobody)"
    assert letter.subject == "Resource from data.museum.example"
    for body in (letter.text, letter.html):
        for said in ("birds", "data.museum.example", URL, "2026-11-28", "1.4 MB", "12,345"):
            assert said in body
        assert "doi" not in body.lower()
        assert not re.search(r"[{}]", body)
    assert f'<a href="{URL}">' in letter.html


def test_the_built_in_letter_of_a_file_speaks_of_no_rows() -> None:
    letter = deliver(rows=None)
    assert "rows" not in letter.text + letter.html
    assert "1.4 MB" in letter.text


def test_the_built_in_letter_cites_a_doi() -> None:
    letter = deliver(doi=DOI)
    assert f"\nhttps://doi.org/{DOI}\n" in letter.text
    assert f'<a href="https://doi.org/{DOI}">https://doi.org/{DOI}</a>' in letter.html


def test_an_odd_doi_is_encoded_where_it_is_a_link() -> None:
    letter = deliver(doi='10.1002/(SICI)1<1::AID>3#"é')
    assert 'https://doi.org/10.1002/(SICI)1<1::AID>3#"é\n' in letter.text
    assert 'href="https://doi.org/10.1002/(SICI)1%3C1::AID%3E3%23%22%C3%A9"' in letter.html
    assert ">https://doi.org/10.1002/(SICI)1&lt;1::AID&gt;3#&quot;é</a>" in letter.html


def test_an_operator_writes_every_part() -> None:
    letters = Letters(
        sender="Portal {ckan_host} <data@museum.example>",
        subject="{resource_id}, {size}",
        body="text {zip_file_name} {doi_body}",
        body_html="<b>{zip_file_name}</b>{doi_body_html}",
        doi_body="cite {doi}",
        doi_body_html="<i>{doi}</i>",
    )
    assert deliver(letters, doi="10.1/a&b") == Letter(
        sender="Portal data.museum.example <data@museum.example>",
        subject="birds, 1.4 MB",
        text="text x7.zip cite 10.1/a&b",
        html="<b>x7.zip</b><i>10.1/a&amp;b</i>",
    )
    assert deliver(letters).text == "text x7.zip "


def test_every_placeholder_is_known_in_every_text() -> None:
    every = Letters(
        sender=ALL,
        subject=ALL,
        body=ALL,
        body_html=ALL,
        doi_body="{resource_id}",
        doi_body_html="{resource_id}",
        apology_subject=ALL,
        apology_body=ALL,
        apology_body_html=ALL,
    )
    letters = [deliver(every), deliver(every, doi=DOI), apology(every, REQUEST)]
    for one in letters:
        assert "{" not in one.sender + one.subject + one.text + one.html


@pytest.mark.parametrize(
    "kept",
    [
        "p { color: red }",
        "{unknown}",
        "{}",
        "{0}",
        "{resource_id.__class__}",
        "{resource_id!r}",
        "{resource_id[0]}",
        "{ resource_id }",
        "{doi",
        "\\1 \\g<0>",
    ],
)
def test_other_braces_stay_as_they_are(kept: str) -> None:
    letter = deliver(Letters(subject=kept, body=kept, body_html=kept))
    assert (letter.subject, letter.text, letter.html) == (kept, kept, kept)


def test_what_a_value_holds_is_not_replaced_again() -> None:
    letters = Letters(subject="{resource_id}", body="{resource_id} {doi_body}", doi_body="{doi}")
    letter = deliver(letters, resource_id="{download_url}\\1", doi="{resource_id}")
    assert letter.subject == "{download_url}\\1"
    assert letter.text == "{download_url}\\1 {resource_id}"


def test_values_are_escaped_in_html_alone() -> None:
    evil = "<script>alert('x')</script>&\""
    letter = deliver(resource_id=evil, doi="")
    assert evil in letter.text
    assert "<script>" not in letter.html
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;" in letter.html
    letter = deliver(Letters(body_html="{doi_body}", doi_body="<{doi}>"), doi="&")
    assert letter.html == "&lt;&amp;&gt;"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x00"])
def test_a_line_break_in_a_value_ends_no_header(end: str) -> None:
    letters = Letters(sender="{resource_id} <data@museum.example>", subject="About {resource_id}")
    letter = deliver(letters, resource_id=f"birds{end}Bcc: bob@example.org")
    assert letter.subject == "About birds Bcc: bob@example.org"
    assert letter.sender == "birds Bcc: bob example.org <data@museum.example>"


def test_a_value_changes_no_address_of_the_sender() -> None:
    letters = Letters(sender="{resource_id} <data@museum.example>")
    letter = deliver(letters, resource_id='x" <evil@example.org>, (')
    assert letter.sender == "x evil example.org <data@museum.example>"


def test_the_day_is_that_of_utc() -> None:
    late = datetime(2026, 11, 28, 23, 30, tzinfo=timezone(-timedelta(hours=5)))
    assert deliver(Letters(body="{expires}"), expires_at=late).text == "2026-11-29"


def test_an_apology_names_the_resource_and_has_no_link() -> None:
    letter = apology(Letters(), REQUEST)
    assert letter.subject == "Resource from data.museum.example could not be packaged"
    for body in (letter.text, letter.html):
        assert "birds" in body
        assert "ask for it again" in body
        assert "http" not in body
        assert "{" not in body
    assert apology(Letters(apology_body="{resource_id}{doi}{size}"), REQUEST).text == "birds"


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_440_000, "1.4 MB"),
        (12_000_000_000, "12.0 GB"),
        (3_000_000_000_000_000, "3,000.0 TB"),
    ],
)
def test_sizes_are_told_for_people(size: int, told: str) -> None:
    assert human_size(size) == told
