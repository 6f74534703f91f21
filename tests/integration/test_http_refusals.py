"""Bad input at the native API: its own status, the field named, and nothing left behind."""

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from consumers.registry import CONSUMERS
from ops.wiring import System, system
from schemas.envelope import BATCH, STRUCTURED
from schemas.files import FileArchived
from schemas.probes import ProbeRequested
from store.tables import events, uploads
from tests.equipment.installations import Caller, settings_of
from tests.services.waiting import until

PROBE = b'{"probe": "p"}'
EVENT = {
    "ce_specversion": "1.0",
    "ce_id": "1",
    "ce_source": "/tests",
    "ce_type": ProbeRequested.TYPE,
    "content_type": "application/json",
}


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("refusals")
    more = {"largest_upload": 100_000, "largest_batch": 1_000_000}
    settings = settings_of("embedded", request, folder, **more)
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        yield running


@pytest.fixture
def caller(running: System) -> Iterator[Caller]:
    """Checks, after each test, that what was refused left nothing behind."""
    before = ledger_length(running)
    yield Caller.of(running)
    assert ledger_length(running) == before
    assert running.store.database.query(select(uploads)) == []
    until(lambda: leftovers(running) == [], seconds=60, what="an empty staging area")


def ledger_length(running: System) -> int:
    accepted = select(func.count().label("n")).where(events.c.entry == "accepted")
    found = running.store.database.query(accepted)
    return int(found[0]["n"])


def leftovers(running: System) -> list[Path]:
    objects = running.settings.data_dir / "objects"
    return [path for path in objects.rglob("*") if path.is_file()]


def structured(**changes: object) -> bytes:
    event = {"specversion": "1.0", "id": "1", "source": "/t", "type": ProbeRequested.TYPE}
    whole = {**event, "data": {"probe": "p"}, **changes}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


# --- events ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "body", "status", "field"),
    [
        ({"ce_specversion": None}, PROBE, 400, "specversion"),
        ({"ce_specversion": "0.3"}, PROBE, 400, "specversion"),
        ({"ce_id": None}, PROBE, 400, "id"),
        ({"ce_source": None}, PROBE, 400, "source"),
        ({"ce_type": None}, PROBE, 400, "type"),
        ({"ce_time": "yesterday"}, PROBE, 400, "time"),
        ({"ce_id": "x" * 300}, PROBE, 400, "id"),
        ({"ce_subject": "a%00b"}, PROBE, 400, "subject"),
        ({"ce_subject": "%ff"}, PROBE, 400, "subject"),
        ({}, b"{", 400, "data"),
        ({}, b'{"probe": NaN}', 400, "data"),
        ({}, b'{"payload": NaN, "probe": "p"}', 400, "data"),
        ({}, b"", 422, "data"),
        ({}, b'{"probe": 7}', 422, "data.probe"),
        ({}, b"{}", 422, "data.probe"),
        ({}, b"[]", 422, "data"),
        ({"ce_type": "muniment.unheard.of.v1"}, PROBE, 422, "type"),
        ({"ce_type": FileArchived.TYPE}, PROBE, 422, "type"),
        ({"content_type": "text/csv"}, PROBE, 415, "Content-Type"),
        ({"content_encoding": "gzip"}, PROBE, 415, "Content-Encoding"),
        ({}, json.dumps({"probe": "p", "payload": "x" * 70_000}).encode(), 413, "data"),
        ({}, b"x" * 1_000_001, 413, None),
        ({"idempotency_key": "x" * 300}, PROBE, 400, "Idempotency-Key"),
    ],
)
def test_an_event_is_refused(
    caller: Caller, changes: dict[str, Any], body: bytes, status: int, field: str | None
) -> None:
    answer = caller.call("POST", "/events", body, **{**EVENT, **changes})
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json.get("field") == field
    assert answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"no json", 400, "body"),
        (b"[]", 400, "event"),
        (structured(id=None), 400, "id"),
        (structured(specversion="2.0"), 400, "specversion"),
        (structured(id=["1"]), 400, "id"),
        (structured(data_base64="e30="), 400, "data_base64"),
        (structured(data={"probe": ""}), 422, "data.probe"),
        (structured(Upper="x"), 400, "Upper"),
        (b'{"specversion": "1.0", "id": "\\ud800"}', 400, "body"),
    ],
)
def test_a_structured_event_is_refused(
    caller: Caller, body: bytes, status: int, field: str
) -> None:
    answer = caller.call("POST", "/events", body, content_type=STRUCTURED)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body


def test_a_batch_with_bad_events_is_refused_whole_and_each_is_named(caller: Caller) -> None:
    good, unheard, empty = structured(id="good"), structured(type="x"), structured(id=None)
    batch = b"[" + b",".join([good, unheard, good, empty]) + b"]"
    answer = caller.call("POST", "/events", batch, content_type=BATCH)
    assert answer.status == 422
    errors = [(error["index"], error["field"]) for error in answer.json["errors"]]
    assert errors == [(1, "type"), (3, "id")]


@pytest.mark.parametrize("body", [b"{}", b"7", b"nothing"])
def test_what_is_no_batch_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.call("POST", "/events", body, content_type=BATCH).status == 400


def test_a_body_of_unknown_length_is_refused(caller: Caller) -> None:
    head = f"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.token}\r\n\r\n"
    assert raw(caller, head.encode()).startswith(b"HTTP/1.1 411 ")


# --- who asks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        (None, 401),
        ("Bearer mnt_wrong", 401),
        ("Bearer ", 401),
        ("Digest x", 401),
        ("Basic b3BlcmF0b3I6eA==", 401),
        ("Basic !!!", 400),
        ("nonsense", 401),
    ],
)
def test_a_stranger_is_refused(caller: Caller, credentials: str | None, status: int) -> None:
    answer = caller.call("POST", "/events", PROBE, **EVENT, authorization=credentials)
    assert answer.status == status
    if status == 401:
        assert answer.headers["www-authenticate"].startswith(("Bearer", "Basic"))
    uploaded = caller.call("PUT", "/files/a", b"bytes", authorization=credentials)
    assert uploaded.status == status


def test_a_disabled_user_is_refused(running: System, caller: Caller) -> None:
    accounts = running.store.accounts
    accounts.add_user("former", None)
    _, secret = accounts.create_token("former", "test")
    accounts.disable("former")
    answer = caller.call("PUT", "/files/a", b"bytes", authorization=f"Bearer {secret}")
    assert answer.status == 403


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../b",
        "%2e%2e/x",
        "a/%2E%2E/b",
        "a%00b",
        "a%0Ab",
        "a%5Cb",
        "a//b",
        "a/",
        "%2Fetc",
        "",
        "x" * 10_000 + "y",
        "x" * 300,
        "%ff",
    ],
)
def test_a_bad_name_is_refused(caller: Caller, name: str) -> None:
    answer = caller.call("PUT", f"/files/{name}", b"bytes")
    assert (answer.status, answer.json["field"]) == (422, "name"), answer.body


@pytest.mark.parametrize(
    ("headers", "status", "field"),
    [
        ({"repr_digest": "sha-256=:" + base64.b64encode(b"\0" * 32).decode() + ":"}, 422, "sha256"),
        ({"content_md5": base64.b64encode(b"\0" * 16).decode()}, 422, "md5"),
        ({"repr_digest": "sha-256=nonsense"}, 400, "Repr-Digest"),
        ({"content_md5": "nonsense"}, 400, "Content-MD5"),
        ({"muniment_metadata": "{"}, 422, "Muniment-Metadata"),
        ({"muniment_metadata": "[1]"}, 422, "Muniment-Metadata"),
        ({"content_type": "no type"}, 422, "media_type"),
        ({"content_range": "bytes 0-4/10"}, 400, "Content-Range"),
    ],
)
def test_a_file_is_refused(
    caller: Caller, headers: dict[str, str], status: int, field: str
) -> None:
    answer = caller.call("PUT", "/files/a", b"bytes", **headers)
    assert (answer.status, answer.json.get("field")) == (status, field), answer.body


def test_a_file_that_is_announced_too_large_is_refused_unread(caller: Caller) -> None:
    head = (
        f"PUT /files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.token}\r\n"
        "Content-Length: 100001\r\nExpect: 100-continue\r\n\r\n"
    )
    assert raw(caller, head.encode()).startswith(b"HTTP/1.1 413 ")


def test_a_file_that_turns_out_too_large_leaves_nothing(caller: Caller) -> None:
    head = (
        f"PUT /files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.token}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"186a1\r\n" + b"x" * 100_001 + b"\r\n0\r\n\r\n"
    assert raw(caller, head.encode() + chunk).startswith(b"HTTP/1.1 413 ")


def test_an_upload_that_breaks_off_leaves_nothing(caller: Caller) -> None:
    head = (
        f"PUT /files/a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {caller.token}\r\n"
        "Content-Length: 50000\r\n\r\n"
    )
    address = urlsplit(caller.url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(head.encode() + b"x" * 20_000)


def test_a_key_used_for_something_else_is_refused(running: System) -> None:
    caller = Caller.of(running)
    first = caller.call("POST", "/events", PROBE, **EVENT, idempotency_key="k")
    assert first.status == 202
    again = caller.call("POST", "/events", PROBE, **EVENT, idempotency_key="k")
    assert (again.status, again.json) == (202, first.json)
    other = caller.call("POST", "/events", b'{"probe": "q"}', **EVENT, idempotency_key="k")
    assert (other.status, other.json["field"]) == (422, "Idempotency-Key")
    taken = caller.call("POST", "/events", b'{"probe": "q"}', **EVENT)
    assert (taken.status, taken.json["field"]) == (409, "id")


# --- everything else ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/operations/unheard", 404),
        ("GET", "/events/unheard", 404),
        ("GET", "/files/unheard", 404),
        ("GET", "/files/unheard/content", 404),
        ("GET", "/schemas/unheard", 404),
        ("DELETE", "/events", 405),
        ("GET", "/events?after=x", 400),
        ("GET", "/events?after=-1", 400),
        ("GET", "/events?after=99999999999999999999", 400),
        ("GET", "/events?limit=x", 400),
        ("GET", "/events?nonsense=1", 400),
        ("GET", "/events/stream?after=x", 400),
        ("GET", "/files/%00", 404),
    ],
)
def test_a_question_is_refused(caller: Caller, method: str, path: str, status: int) -> None:
    answer = caller.call(method, path)
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/nowhere", "There is nothing at '/nowhere'."),
        ("DELETE", "/events", "DELETE is not done at '/events', only GET, HEAD, POST."),
        ("POST", "/files", "name is missing; say ?name= or send PUT /files/NAME."),
        ("POST", "/parked/replay", "body: must be a JSON object"),
    ],
)
def test_a_refusal_says_what_it_is_about(caller: Caller, method: str, path: str, told: str) -> None:
    answer = caller.call(method, path, b"[]", content_type="application/json")
    assert answer.json["detail"] == told


def raw(caller: Caller, request: bytes) -> bytes:
    address = urlsplit(caller.url)
    with socket.create_connection((address.hostname or "", address.port or 0), 30) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def test_digests_of_the_right_bytes_are_taken(running: System) -> None:
    digest = base64.b64encode(hashlib.sha256(b"bytes").digest()).decode()
    answer = Caller.of(running).call(
        "PUT", "/files/right", b"bytes", repr_digest=f"sha-256=:{digest}:", prefer="wait=50"
    )
    assert answer.status == 201
