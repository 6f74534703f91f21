"""Uploads and downloads over HTTP, with the consumer at work or not."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from consumers import ingest_file
from http_ingress.ports import Limits
from schemas.routing import is_request
from store.tables import events, uploads
from tests.equipment.ingress import Ingress, serving
from tests.equipment.installations import Answer
from tests.equipment.world import World, open_world
from tests.services.waiting import until

Json = Any
"""JSON is what it is."""

CONTENT = bytes(range(256)) * 16
NAME = 'n\N{LATIN SMALL LETTER A WITH DIAERESIS}chte/\N{MILKY WAY} "1".fits'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world([ingest_file.CONSUMER], database_url=url, folder=tmp_path) as world:
        yield world


@pytest.fixture
def ingress(world: World) -> Iterator[Ingress]:
    """An ingress, and no consumer: nothing is archived."""
    with serving(world, limits=Limits(longest_wait_seconds=50)) as ingress:
        yield ingress


@pytest.fixture
def archiving(world: World, ingress: Ingress) -> Iterator[Ingress]:
    """An ingress, with the consumer at work."""
    with world.working(ingest_file.CONSUMER):
        yield ingress


def put(ingress: Ingress, content: bytes = CONTENT, name: str = NAME, **headers: str) -> Answer:
    return ingress.caller.call("PUT", f"/files/{quote(name)}", content, **headers)


@pytest.fixture
def file(archiving: Ingress) -> Json:
    """An archived file."""
    answer = put(archiving, prefer="wait=50", content_type="application/fits; a=b")
    assert answer.status == 201, answer.body
    return answer.json


# --- up -------------------------------------------------------------------------------------------


def test_a_name_is_kept_in_every_letter(file: Json) -> None:
    assert file["name"] == NAME
    assert file["media_type"] == "application/fits; a=b"


def test_an_upload_is_accepted_without_waiting(world: World, ingress: Ingress) -> None:
    answer = put(ingress)
    assert answer.status == 202
    [operation] = answer.json["operations"]
    assert answer.headers["location"] == operation["href"]
    found = ingress.caller.call("GET", operation["href"]).json
    assert (found["state"], found["outcome"]) == ("accepted", None)
    [upload] = world.rows(uploads)
    assert upload["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_waiting_in_vain_ends_with_what_there_is(ingress: Ingress) -> None:
    answer = put(ingress, prefer="wait=1")
    assert (answer.status, answer.json["state"]) == (202, "accepted")
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.headers["location"] == answer.json["href"]


def test_a_repeated_key_is_one_upload(world: World, ingress: Ingress) -> None:
    first = put(ingress, idempotency_key="k")
    again = put(ingress, idempotency_key="k")
    assert again.json == first.json
    other = put(ingress, b"other bytes", idempotency_key="k")
    assert (other.status, other.json["field"]) == (422, "Idempotency-Key")
    assert len(world.rows(uploads)) == 1
    assert len(list(world.objects.list("staging/"))) == 1, "what came again is not kept twice"


def test_bytes_that_are_announced_wrong_leave_nothing(world: World, ingress: Ingress) -> None:
    answer = put(ingress, content_md5=b64encode(bytes(16)).decode())
    assert (answer.status, answer.json["type"]) == (422, "/problems/digest-mismatch")
    assert list(world.objects.list("")) == []
    assert world.rows(events) == []


def test_an_empty_file_is_a_file(archiving: Ingress) -> None:
    file = put(archiving, b"", "empty", prefer="wait=50").json
    assert (file["size"], file["sha256"]) == (0, hashlib.sha256(b"").hexdigest())
    content = archiving.caller.call("GET", file["content"])
    assert (content.status, content.body) == (200, b"")
    assert content.headers["content-length"] == "0"


FORM = "multipart/form-data; boundary=b"


def part(name: str, data: bytes, more: str = "") -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + data + b"\r\n"


def post_form(ingress: Ingress, *parts: bytes, **headers: str) -> Answer:
    body = b"".join(parts) + b"--b--\r\n"
    return ingress.caller.call("POST", "/files", body, content_type=FORM, **headers)


def test_the_fields_of_a_form_may_stand_anywhere(archiving: Ingress) -> None:
    answer = post_form(
        archiving,
        part("name", b"a/b.csv"),
        part("file", CONTENT, '; filename="c.csv"'),
        part("sha256", hashlib.sha256(CONTENT).hexdigest().upper().encode()),
        part("metadata", b'{"k": "v"}'),
        part("media_type", b"text/x-special"),
        prefer="wait=50",
    )
    assert answer.status == 201, answer.body
    found = answer.json
    assert (found["name"], found["media_type"]) == ("a/b.csv", "text/x-special")
    assert (found["metadata"], found["size"]) == ({"k": "v"}, len(CONTENT))


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([part("name", b"x")], "file"),
        ([part("file", b"1")], "name"),
        ([part("file", b"1", "; filename=x"), part("file", b"2", "; filename=y")], "file"),
        ([part("file", b"1", "; filename=../x")], "name"),
        ([part("file", b"1", "; filename=x"), part("md5", b"0" * 32)], "md5"),
        ([part("file", b"1", "; filename=x"), part("md5", b"short")], "md5"),
        ([part("file", b"1", "; filename=x"), part("metadata", b"[]")], "metadata"),
        ([part("file", b"1", "; filename=x"), part("name", b"\xff")], "name"),
        ([part("name", b"a"), part("name", b"b")], "name"),
        ([part("colour", b"red")], "colour"),
    ],
)
def test_a_form_is_refused_and_leaves_nothing(
    world: World, ingress: Ingress, parts: list[bytes], field: str
) -> None:
    answer = post_form(ingress, *parts)
    assert (answer.status, answer.json["field"]) == (422, field), answer.body
    assert list(world.objects.list("")) == []
    assert world.rows(uploads) == []


def test_a_form_that_breaks_off_is_refused_and_leaves_nothing(
    world: World, ingress: Ingress
) -> None:
    body = part("file", b"1", "; filename=x")
    answer = ingress.caller.call("POST", "/files", body, content_type=FORM)
    assert answer.status == 400
    assert list(world.objects.list("")) == []


@pytest.mark.parametrize("disposition", ["attachment; filename=a.txt", None])
def test_a_bare_body_needs_a_name(ingress: Ingress, disposition: str | None) -> None:
    caller = ingress.caller
    answer = caller.call("POST", "/files", b"x", content_disposition=disposition)
    assert answer.status == (202 if disposition else 422)
    assert caller.call("POST", "/files?name=b.txt", b"x").status == 202


def test_a_client_that_goes_away_leaves_nothing(world: World, ingress: Ingress) -> None:
    drafts = world.inbox.parent / "objects" / ".tmp"
    for chunked in (False, True):
        framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 9000000"
        head = (
            f"PUT /files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ingress.token}\r\n"
            f"{framing}\r\n\r\n"
        )
        data = b"x" * 3_000_000
        with closing(ingress.connect()) as connection:
            connection.sendall(head.encode())
            connection.sendall(b"2dc6c0\r\n" + data + b"\r\n" if chunked else data)
            until(lambda: list(drafts.iterdir()), seconds=60, what="a begun upload")
        until(lambda: not list(drafts.iterdir()), seconds=60, what="its end")
    assert list(world.objects.list("")) == []
    assert world.rows(uploads) == []
    assert not [row for row in world.rows(events) if is_request(row["type"])]


# --- down -----------------------------------------------------------------------------------------


def test_content_says_what_it_is_and_cannot_act(archiving: Ingress, file: Json) -> None:
    answer = archiving.caller.call("GET", file["content"], authorization=None)
    assert (answer.status, answer.body) == (200, CONTENT)
    headers = answer.headers
    assert headers["etag"] == f'"{file["sha256"]}"'
    digest = b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert headers["repr-digest"] == f"sha-256=:{digest}:"
    assert headers["content-disposition"] == (
        "attachment; filename=\"_ _1_.fits\"; filename*=UTF-8''%F0%9F%8C%8C%20%221%22.fits"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]


def test_head_says_the_same_without_the_bytes(archiving: Ingress, file: Json) -> None:
    whole = archiving.caller.call("GET", file["content"])
    head = archiving.caller.call("HEAD", file["content"], range="bytes=0-9")
    assert (head.status, head.body) == (200, b"")
    differing = {name for name in whole.headers if whole.headers[name] != head.headers.get(name)}
    assert differing <= {"date"}
    described = archiving.caller.call("HEAD", file["href"])
    assert (described.status, described.body) == (200, b"")


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=4000-", range(4000, 4096)),
        ("bytes=-96", range(4000, 4096)),
        ("bytes=100-99999", range(100, 4096)),
    ],
)
def test_a_range_is_sent(archiving: Ingress, file: Json, wanted: str, part: range) -> None:
    answer = archiving.caller.call("GET", file["content"], range=wanted)
    assert (answer.status, answer.body) == (206, CONTENT[part.start : part.stop])
    assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/4096"
    assert answer.headers["content-length"] == str(len(part))


def test_of_several_ranges_everything_is_sent(archiving: Ingress, file: Json) -> None:
    answer = archiving.caller.call("GET", file["content"], range="bytes=0-1,5-6")
    assert (answer.status, answer.body) == (200, CONTENT)


def test_a_range_outside_is_refused(archiving: Ingress, file: Json) -> None:
    answer = archiving.caller.call("GET", file["content"], range="bytes=4096-")
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */4096")
    assert archiving.caller.call("GET", file["content"], if_match='"other"').status == 412


def test_what_the_client_has_is_not_sent_again(archiving: Ingress, file: Json) -> None:
    answer = archiving.caller.call("GET", file["content"], if_none_match=f'"{file["sha256"]}"')
    assert (answer.status, answer.body) == (304, b"")


def test_bytes_that_are_gone_are_an_error_and_not_an_empty_file(
    world: World,
    archiving: Ingress,
    file: Json,
) -> None:
    [stored] = list(world.objects.list("content/"))
    world.objects.delete(stored.key)
    answer = archiving.caller.call("GET", file["content"])
    assert (answer.status, answer.json["type"]) == (500, "/problems/internal")


def test_files_are_listed_page_by_page(archiving: Ingress) -> None:
    names = [f"{number}.txt" for number in range(5)]
    for name in names:
        assert put(archiving, name.encode(), name, prefer="wait=50").status == 201
    seen: list[str] = []
    following = "/files?limit=2&prefix=&sha256="
    while following:
        page = archiving.caller.call("GET", following).json
        assert len(page["files"]) <= 2
        seen += [file["name"] for file in page["files"]]
        following = page["next"]
    assert sorted(seen) == names
    shown = archiving.caller.call("GET", "/files?limit=2", accept="text/html")
    assert b'rel="next"' in shown.body
