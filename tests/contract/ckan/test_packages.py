"""Rows of a real CKAN as packages, from the request to the zip that the mail links to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.registry import CONSUMERS
from ops.wiring import system
from tests.contract.ckan.conftest import Shelves
from tests.contract.ckan.packager import SECRET, Packager
from tests.contract.ckan.shelves import ROWS
from tests.contract.ckan.truth import parsed, table
from tests.equipment.installations import settings_of
from tests.equipment.post_office import serve_mail
from tests.equipment.workbooks import read_workbook
from tests.services.ckan import Ckan


@pytest.fixture(scope="module")
def packager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Packager]:
    """A packager that may fetch from this machine."""
    with serve_mail() as office:
        settings = settings_of(
            "embedded",
            request,
            tmp_path_factory.mktemp("packager"),
            packager_secret=SECRET,
            packager_email_from="packager@example.org",
            fetch_allow=["127.0.0.1"],
            smtp_url=f"smtp://127.0.0.1:{office.port}",
        )
        with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
            yield Packager(running.url, office)


@pytest.mark.parametrize("shelf", ["mixed", "plain"])
def test_a_csv_package_holds_every_row(
    packager: Packager, ckan: Ckan, shelves: Shelves, shelf: str
) -> None:
    resource = getattr(shelves, shelf)

    files = packager.package(ckan, resource)

    assert list(files) == ["resource.csv"]
    assert parsed(files["resource.csv"]) == table(ckan, resource, limit=ROWS)


def test_a_tsv_package_holds_every_row(packager: Packager, ckan: Ckan, shelves: Shelves) -> None:
    files = packager.package(ckan, shelves.mixed, format="tsv")

    assert list(files) == ["resource.tsv"]
    assert parsed(files["resource.tsv"], "\t") == table(ckan, shelves.mixed, limit=ROWS)


def test_a_workbook_holds_every_row(
    packager: Packager, ckan: Ckan, shelves: Shelves, tmp_path: Path
) -> None:
    files = packager.package(ckan, shelves.plain, format="xlsx")

    assert list(files) == ["resource.xlsx"]
    workbook = tmp_path / "resource.xlsx"
    workbook.write_bytes(files["resource.xlsx"])
    sheets = read_workbook(workbook)
    assert sheets == {"Data": table(ckan, shelves.plain, limit=ROWS)}


def test_no_row_is_skipped_when_ckan_gives_fewer_than_were_asked_for(
    packager: Packager, ckan: Ckan, capped: Ckan, shelves: Shelves
) -> None:
    files = packager.package(capped, shelves.mixed)

    assert parsed(files["resource.csv"]) == table(ckan, shelves.mixed, limit=ROWS)


def test_a_part_of_the_rows_can_be_asked_for(
    packager: Packager, ckan: Ckan, shelves: Shelves
) -> None:
    filters = '{"label": ["carriage\\rreturn", "Zoë Müller 𝄞 😀"]}'

    files = packager.package(
        ckan, shelves.plain, filters=filters, sort="count desc, _id", limit="500", offset="10"
    )

    expected = table(
        ckan,
        shelves.plain,
        filters={"label": ["carriage\rreturn", "Zoë Müller 𝄞 😀"]},
        sort="count desc, _id",
        limit=500,
        offset=10,
    )
    assert len(expected) == 501
    assert parsed(files["resource.csv"]) == expected


def test_words_can_be_searched_for(packager: Packager, ckan: Ckan, shelves: Shelves) -> None:
    files = packager.package(ckan, shelves.plain, q="Müller", fields="_id,label", sort="_id")

    expected = table(ckan, shelves.plain, q="Müller", fields="_id,label", sort="_id", limit=ROWS)
    assert len(expected) > 1000
    assert parsed(files["resource.csv"]) == expected


def test_private_rows_come_with_a_key(packager: Packager, ckan: Ckan, shelves: Shelves) -> None:
    files = packager.package(ckan, shelves.private, key=ckan.token)

    assert parsed(files["resource.csv"]) == table(ckan, shelves.private)


def test_a_darwin_core_archive_holds_every_row(
    packager: Packager, ckan: Ckan, shelves: Shelves
) -> None:
    files = packager.package(ckan, shelves.plain, "package_dwc_archive")

    assert set(files) == {"meta.xml", "occurrence.csv"}
    names, *rows = parsed(files["occurrence.csv"])
    assert names[0] == "_id"
    held = table(ckan, shelves.plain, fields="_id", limit=ROWS)
    assert [[row[0]] for row in rows] == held[1:]


@pytest.mark.parametrize(
    ("shelf", "words"),
    [("nowhere", 'Resource "nowhere" was not found'), ("private", "Access denied")],
)
def test_what_ckan_refuses_is_written_down_in_its_words(
    packager: Packager, ckan: Ckan, shelves: Shelves, shelf: str, words: str
) -> None:
    resource = getattr(shelves, shelf, shelf)

    mail = packager.mail_about("package_datastore", ckan, resource, key="not-a-key")

    (recipient,) = mail.recipients
    (error,) = packager.ask("statistics/errors", resource_id=resource, email=recipient)["errors"]
    assert words in error["message"]
    assert "not-a-key" not in error["message"]
    assert ".zip" not in mail.text("plain")
    assert words not in mail.text("plain")
