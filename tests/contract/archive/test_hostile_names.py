"""Names made to get out of folders, headers and pages: whatever is taken stays where it belongs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store import tables
from tests.contract.archive.hostile import trouble_with
from tests.equipment.archive import JSON, Archive, frame_body
from tests.equipment.archive_bytes import Ingester, ingesting_into_folder, md5_of
from tests.services.waiting import until

CONSUMERS = ("ingest-frame", "examine-frame", "discard-frame")
LONGEST = 250
"""Bytes of a name that a folder can have, beside its extension."""
NAMES = (
    *("-rf", "~root", "$(id)", "`id`", "a;b", "a b", 'a"b', "a'b", "a%0d%0ab", "a%2fb", "%2e%2e"),
    *("名前", "e\u0301", "\u202egpj.exe", "<script>alert(1)<script>", "😀" * 200, "x" * 1000),
    *("con", "nul.", ".hidden", "a\u2028b", "a,b=c", "{}", "{{7*7}}", "a\u0130b", "ß" * 500, "*?["),
)
BROKEN = ("a\nb", "a\r\nSet-Cookie: x=1", "a\0b", "a/b", "../x", "..", "a\\b", "\x1b[2J", "\x7f")
PLACES = ({"site_id": ".."}, {"site_id": "../"}, {"site_id": "/"}, {"instrument_id": "../../.."})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the archive is, beside a secret."""
    return tmp_path_factory.mktemp("names")


@pytest.fixture(scope="module")
def ingester(request: pytest.FixtureRequest, folder: Path) -> Iterator[Ingester]:
    """An archive that shares a folder, next to which there is something else."""
    with ingesting_into_folder(
        request, folder, consumers=CONSUMERS, archive_anonymous_per_day=0
    ) as ingester:
        yield ingester


def check_everywhere(archive: Archive, number: int) -> None:
    """See that a frame can be shown in every way."""
    for path in ("/", "/headers/", "/related/", "/sky.svg"):
        for accept in (JSON, "text/html", "image/svg+xml"):
            answer = archive.call("GET", f"/frames/{number}{path}", user="root", accept=accept)
            assert trouble_with(answer) is None, (path, accept)
            if "html" in answer.headers["content-type"] or "svg" in answer.headers["content-type"]:
                assert b"<script>alert" not in answer.body
    pages = archive.call("GET", "/frames/?limit=1000", accept="text/html")
    assert pages.status == 200
    assert b"<script>alert" not in pages.body


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:20])
def test_a_name_stays_a_name(ingester: Ingester, name: str) -> None:
    archive = ingester.archive
    data = name.encode()
    body = frame_body(basename=name, target_name=name[:200], headers={name: name, "USERID": name})
    sent = {"key": md5_of(data), "md5": md5_of(data), "extension": ".fits"}
    answer = archive.send("POST", "/frames/", {**body, "version_set": [sent]})
    assert answer.status == 201, answer
    said = answer.json
    assert said["basename"] == name
    assert archive.found("root", basename_exact=name) == [name]
    assert archive.get(f"/frames/{said['id']}/headers/").json["data"][name] == name
    check_everywhere(archive, said["id"])
    # The bytes never came; whatever the name is, that is told, and told well.
    if len(name.encode()) < LONGEST:
        assert ingester.fetch(said["url"]).status == 404
    else:
        assert said["url"] == ""
    zipped = archive.send("POST", "/frames/zip/", {"frame_ids": [said["id"]]})
    assert zipped.status == 404


@pytest.mark.parametrize(
    "name", ["a;b", 'a"b', "a%0d%0ab", "名前", "<b>", "a,b=c", "\u202egpj", "~"]
)
def test_bytes_are_saved_under_it(ingester: Ingester, name: str) -> None:
    data = f"the bytes of {name}".encode()
    said = ingester.ingest(data, ".fits", basename=f"saved-{name}")
    got = ingester.fetch(said["url"])
    assert (got.status, got.data) == (200, data)
    disposition = got.headers["content-disposition"]
    assert disposition.isascii()
    assert disposition.isprintable()
    assert disposition.startswith("attachment; ")
    assert set(got.headers) >= {"X-Content-Type-Options"}
    zipped = ingester.archive.send("POST", "/frames/zip/", {"frame_ids": [said["id"]]})
    assert zipped.status == 200
    assert name.encode() in zipped.body


@pytest.mark.parametrize("name", BROKEN, ids=ascii)
def test_what_is_no_name_is_refused(ingester: Ingester, name: str) -> None:
    answer = ingester.archive.send("POST", "/frames/", frame_body(basename=name))
    assert (answer.status, [*answer.json]) == (400, ["basename"])


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_nobody_gets_out_of_the_folder(
    ingester: Ingester, folder: Path, place: dict[str, Any]
) -> None:
    archive = ingester.archive
    secret = str(place).encode()
    (folder / "x.fits.fz").write_bytes(secret)
    version = {"key": str(place), "md5": md5_of(secret), "extension": ".fits.fz"}
    body = frame_body(basename="x", version_set=[version], **place)
    answer = archive.send("POST", "/frames/", body)
    assert answer.status in {201, 400}, answer
    if answer.status == 201:
        number = answer.json["id"]
        assert answer.json["url"] == ""
        for path in (f"/frame-funpack/{number}/funpack/", f"/frame-catalog/{number}/catalog/"):
            assert archive.get(path, "root").status in {404, 409}
        before = discarded(archive)
        assert archive.call("DELETE", f"/frames/{number}/", user="root").status == 204
        until(lambda: discarded(archive) > before, seconds=60, what="the bytes to be discarded")
    assert (folder / "x.fits.fz").read_bytes() == secret


def discarded(archive: Archive) -> int:
    """Count the deletions after which bytes were looked for."""
    done = tables.inbox.select().where(tables.inbox.c.consumer == "discard-frame")
    return len(archive.running.store.database.query(done))


def test_ten_thousand_cards_and_equal_keys(ingester: Ingester) -> None:
    archive = ingester.archive
    cards = {f"K{number}": number for number in range(10_000)}
    said = archive.post(headers={**cards, "": None, "NAN": "NaN", "\u0000": "\u0000", "X": [[{}]]})
    shown = archive.get(f"/frames/{said['id']}/headers/").json["data"]
    assert len(shown) == 10_004
    check_everywhere(archive, said["id"])
    twice = json.dumps(frame_body(target_name="first"))[:-1] + ', "target_name": "last"}'
    answer = archive.call("POST", "/frames/", twice.encode(), "root", content_type=JSON)
    assert (answer.status, answer.json["target_name"]) == (201, "last")


def test_the_submitter_may_be_anything(ingester: Ingester) -> None:
    archive = ingester.archive
    for said in ("\0", "a\0b", "x" * 100_000, 5, 1e300, None, True, ["ada"], {"a": 1}, "😀", " "):
        frame = archive.post(headers={"USERID": said})
        check_everywhere(archive, frame["id"])


def test_ten_megabytes_of_headers(ingester: Ingester) -> None:
    said = ingester.archive.post(headers={"COMMENTS": "x" * 10 * 1024**2})
    check_everywhere(ingester.archive, said["id"])
