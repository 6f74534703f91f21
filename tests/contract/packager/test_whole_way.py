"""The whole way, as a client and a reader of mail see it: ask, be mailed, download."""

import re
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest

from tests.equipment.ckan import Ckan, WebFile, running_ckan
from tests.equipment.ckan_rows import wide
from tests.equipment.packaging import Packager, packaging
from tests.equipment.post_office import PostOffice, serve_mail
from tests.services.waiting import until

ROWS = 40
WORKERS = ("zip-dataset.fast", "zip-dataset.slow", "send-mail")


@pytest.fixture(scope="module")
def ckan() -> Iterator[Ckan]:
    """A repository with a resource and a file."""
    with running_ckan({"r-1": wide(ROWS)}) as running:
        running.files["/files/k%C3%A4fer.txt"] = WebFile(b"marble")
        yield running


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    """A mail server."""
    with serve_mail() as office:
        yield office


@pytest.fixture(scope="module", params=["embedded", "deployed"])
def working(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    ckan: Ckan,
    office: PostOffice,
) -> Iterator[Packager]:
    """A packager that does what it is asked for."""
    host = urlsplit(ckan.url).netloc
    with packaging(
        request.param,
        request,
        tmp_path_factory.mktemp("working"),
        consumers=WORKERS,
        packager_page_size=7,
        packager_reserve=0,
        smtp_url=f"smtp://127.0.0.1:{office.port}",
        fetch_allow=(host,),
    ) as running:
        office.posted.clear()
        yield running


def delivered(packager: Packager, office: PostOffice, address: str) -> ZipFile:
    """Return what the mail to an address leads to."""

    def mails() -> list[str]:
        posted = [one for one in office.posted if one.recipients == (address,)]
        return [one.text("plain") for one in posted]

    until(lambda: bool(mails()), seconds=60, what=f"a mail to {address}")
    [text] = mails()
    [link] = re.findall(rf"{re.escape(packager.url)}\S+\.zip", text)
    answer = packager.call("GET", urlsplit(link).path.removeprefix("/packager"))
    assert answer.status == 200
    return ZipFile(BytesIO(answer.body))


def test_rows_a_file_and_an_archive_are_mailed(
    working: Packager, ckan: Ckan, office: PostOffice
) -> None:
    common = {"api_url": ckan.api_url, "resource_id": "r-1"}
    working.ask(**common, limit="40", email="rows@example.org")
    working.ask("/package_dwc_archive", **common, email="archive@example.org", for_gbif="")
    working.ask(
        "/package_url", resource_url=f"{ckan.url}/files/käfer.txt", email="file@example.org"
    )
    rows = delivered(working, office, "rows@example.org")
    assert rows.namelist() == ["resource.csv"]
    assert rows.read("resource.csv").count(b"\n") == ROWS + 1
    archive = delivered(working, office, "archive@example.org")
    assert {"meta.xml", "gbif.json", "occurrence.csv"} <= set(archive.namelist())
    file = delivered(working, office, "file@example.org")
    assert (file.namelist(), file.read("käfer.txt")) == (["käfer.txt"], b"marble")
    nothing_waits(working)
    [entry] = working.post("/statistics/requests", {"email": "rows@example.org"}).json["requests"]
    assert (entry["resource_id"], entry["count"], entry["domain"]) == ("r-1", "40", "example.org")
    totals = working.post("/statistics").json["totals"]
    assert totals["*"] == totals["r-1"] == {"requests": 3, "emails": 3, "errors": 0}
    assert working.post("/status").json["processed_requests"] == 3
    operator = working.operator.call("GET", "/packages").json
    assert {one["kind"] for one in operator["packages"]} == {"datastore", "dwc_archive", "url"}
    assert all(one["download"] and one["asked"] == 1 for one in operator["packages"])


def test_the_same_is_built_once_and_mailed_twice(
    working: Packager, ckan: Ckan, office: PostOffice
) -> None:
    asked = {"api_url": ckan.api_url, "resource_id": "r-1", "q": "the same"}
    first = working.ask(**asked, email="first@example.org")
    one = delivered(working, office, "first@example.org")
    before = len(ckan.asked)
    working.ask(**asked, email="second@example.org")
    other = delivered(working, office, "second@example.org")
    assert len(ckan.asked) == before
    assert one.read("resource.csv") == other.read("resource.csv")
    shown = working.operator.call("GET", f"/packages/{first}").json
    assert shown["asked_by"] == ["f…@example.org", "s…@example.org"]


def test_what_cannot_be_packaged_is_regretted(
    working: Packager, ckan: Ckan, office: PostOffice
) -> None:
    working.ask(api_url=ckan.api_url, resource_id="no-such", email="sorry@example.org", key="hush")

    def mails() -> list[str]:
        posted = [one for one in office.posted if one.recipients == ("sorry@example.org",)]
        return [one.text("plain") for one in posted]

    until(lambda: bool(mails()), seconds=60, what="an apology")
    [text] = mails()
    assert "no-such" in text
    assert ".zip" not in text
    nothing_waits(working)
    [entry] = working.post("/statistics/errors", {"resource_id": "no-such"}).json["errors"]
    assert entry["email"] == "sorry@example.org"
    assert "hush" not in entry["message"]


def nothing_waits(packager: Packager) -> None:
    """Wait until every request has ended."""
    until(
        lambda: packager.post("/status").json["queue_length"] == 0,
        seconds=60,
        what="every request to end",
    )
