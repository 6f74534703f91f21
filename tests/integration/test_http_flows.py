"""Whole flows over plain HTTP: the same bodies embedded, and on RabbitMQ, PostgreSQL and S3."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from openapi_spec_validator import validate

from consumers.registry import CONSUMERS
from ops.wiring import System, system
from schemas.catalogue import EVENTS
from schemas.envelope import BATCH
from schemas.files import FileArchived, FileIngestRequested, FileRejected
from schemas.probes import ProbeAnswered, ProbeRequested
from tests.equipment.installations import Answer, Caller, settings_of
from tests.services.waiting import until


@pytest.fixture(params=["embedded", "deployed"])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[System]:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    settings = settings_of(request.param, request, tmp_path, inbox_dirs=(inbox,))
    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]) as running:
        yield running


@pytest.fixture
def caller(running: System) -> Caller:
    return Caller.of(running)


def post(caller: Caller, event_type: str, data: object, **headers: str) -> Any:  # noqa: ANN401
    answer = caller.call(
        "POST",
        "/events",
        json.dumps(data).encode(),
        ce_specversion="1.0",
        ce_id=hashlib.sha256(json.dumps(data).encode()).hexdigest()[:32],
        ce_source="/flows",
        ce_type=event_type,
        content_type="application/json",
        **headers,
    )
    assert answer.status in {200, 202}, answer.body
    return answer.json


def test_a_file_goes_all_the_way(caller: Caller) -> None:
    content = bytes(range(256)) * 10_000
    answer = caller.call(
        "PUT",
        "/files/2026/m51.fits",
        content,
        prefer="wait=30",
        muniment_metadata='{"OBJECT": "M51"}',
    )
    assert answer.status == 201, answer.body
    file = answer.json
    assert (file["name"], file["version"], file["size"]) == ("2026/m51.fits", 1, len(content))
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    assert file["media_type"] == "application/fits"
    assert file["metadata"] == {"OBJECT": "M51"}
    assert caller.call("GET", f"/files/{file['id']}").json == file
    whole = caller.call("GET", f"/files/{file['id']}/content")
    assert whole.body == content
    part = caller.call("GET", f"/files/{file['id']}/content", range="bytes=100-199")
    assert (part.status, part.body) == (206, content[100:200])
    assert (
        caller.call(
            "GET", f"/files/{file['id']}/content", if_none_match=whole.headers["etag"]
        ).status
        == 304
    )


def test_the_same_bytes_again_change_nothing_and_others_make_a_version(caller: Caller) -> None:
    first = caller.call("PUT", "/files/a.csv", b"1", prefer="wait=30")
    again = caller.call("PUT", "/files/a.csv", b"1", prefer="wait=30")
    assert (again.status, again.json) == (200, first.json)
    other = caller.call("PUT", "/files/a.csv", b"2", prefer="wait=30")
    assert (other.status, other.json["version"]) == (201, 2)
    listed = caller.call("GET", "/files?name=a.csv").json["files"]
    assert sorted(one["version"] for one in listed) == [1, 2]
    facts = caller.call("GET", "/events?type=file.archived.v1").json["events"]
    assert len(facts) == 2


def test_a_form_uploads_too(caller: Caller) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"k": 1}\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\nhello\r\n--x--\r\n"
    )
    answer = caller.call(
        "POST", "/files", form, content_type="multipart/form-data; boundary=x", prefer="wait=30"
    )
    assert answer.status == 201, answer.body
    assert (answer.json["name"], answer.json["size"]) == ("f.txt", 5)
    assert (answer.json["media_type"], answer.json["metadata"]) == ("text/plain", {"k": 1})


def test_a_file_is_taken_from_an_inbox_directory(running: System, caller: Caller) -> None:
    path = running.settings.inbox_dirs[0] / "night.csv"
    path.write_bytes(b"x" * 100_000)
    data = {"name": "night.csv", "source": str(path), "size": 100_000}
    ended = post(caller, FileIngestRequested.TYPE, data, prefer="wait=30")
    assert ended["state"] == "succeeded", ended
    assert ended["outcome"]["type"] == FileArchived.TYPE
    assert path.exists()


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("/etc/passwd", "source"),
        ("file:///etc/passwd", "source"),
        ("https://127.0.0.1/x", "source"),
        ("https://[::1]/x", "source"),
        ("http://169.254.169.254/latest", "source"),
        ("s3://someone-elses/key", "source"),
        ("gopher://x", "source"),
        ("upload:no-such-upload", "source"),
    ],
)
def test_a_source_that_is_not_allowed_is_rejected(caller: Caller, source: str, field: str) -> None:
    data = {"name": "x", "source": source}
    ended = post(caller, FileIngestRequested.TYPE, data, prefer="wait=30")
    assert ended["state"] == "failed", ended
    assert ended["outcome"]["type"] == FileRejected.TYPE
    assert ended["outcome"]["data"]["field"] == field


def test_a_batch_is_answered_one_operation_each(caller: Caller) -> None:
    events = [
        {
            "specversion": "1.0",
            "id": f"batch-{number}",
            "source": "/flows",
            "type": ProbeRequested.TYPE,
            "data": {"probe": f"p{number}"},
        }
        for number in range(100)
    ]
    answer = caller.call("POST", "/events", json.dumps(events).encode(), content_type=BATCH)
    assert answer.status == 202
    operations = [one["id"] for one in answer.json["operations"]]
    assert len(set(operations)) == 100
    for key in operations:
        until(
            lambda key=key: caller.call("GET", f"/operations/{key}").json["state"] == "succeeded",  # type: ignore[misc]
            seconds=60,
            what="the end of an operation",
        )
    again = caller.call("POST", "/events", json.dumps(events).encode(), content_type=BATCH)
    assert [one["id"] for one in again.json["operations"]] == operations
    answered = caller.call("GET", f"/events?type={ProbeAnswered.TYPE[9:]}&limit=500").json
    assert len(answered["events"]) == 100


def test_why_tells_the_whole_tree(caller: Caller) -> None:
    file = caller.call("PUT", "/files/why.txt", b"why", prefer="wait=30").json
    for name in (file["id"], "why.txt"):
        tree = caller.call("GET", f"/events/{name}/why")
        assert tree.status == 200, tree.body
        text = tree.body.decode()
        assert FileIngestRequested.TYPE in text
        assert FileArchived.TYPE in text
        assert "ingest-file" in text


def test_a_stream_resumes_without_gap_or_repeat(caller: Caller) -> None:
    posting = threading.Thread(
        target=lambda: [post(caller, ProbeRequested.TYPE, {"probe": f"s{n}"}) for n in range(60)]
    )
    posting.start()
    seen: list[int] = []
    while len(seen) < 120:
        seen += read_stream(caller, seen[-1] if seen else 0, most=25)
    posting.join()
    recorded = [one["position"] for one in caller.call("GET", "/events?limit=500").json["events"]]
    assert seen == recorded
    assert seen == sorted(set(seen))


def read_stream(caller: Caller, after: int, most: int) -> list[int]:
    """Listen until `most` events have come, then hang up without a word."""
    address = urlsplit(caller.url)
    request = f"GET /events/stream?after=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: {after}\r\n\r\n"
    positions: list[int] = []
    with socket.create_connection((address.hostname or "", address.port or 0), 30) as connection:
        connection.sendall(request.encode())
        reader = connection.makefile("rb")
        position = 0
        while len(positions) < most and after + len(positions) < 10**9:
            line = reader.readline()
            if line.startswith(b"id: "):
                position = int(line[4:])
            elif line.startswith(b"data: "):
                assert json.loads(line[6:])["specversion"] == "1.0"
                positions.append(position)
                if len(positions) + after >= 120:
                    break
    return positions


def test_the_documents_describe_what_is_there(caller: Caller) -> None:
    openapi = caller.call("GET", "/openapi.json").json
    validate(openapi)
    assert openapi["openapi"].startswith("3.1")
    asyncapi = caller.call("GET", "/asyncapi.json").json
    assert asyncapi["asyncapi"].startswith("3.")
    for name in EVENTS:
        schema = caller.call("GET", f"/schemas/{name}").json
        assert schema["$id"]
        assert name in json.dumps(asyncapi)


def test_pages_are_plain_and_strict(caller: Caller) -> None:
    nasty = "<script>alert(1)</script>.txt"
    for name in (nasty, "<img src=x onerror=alert(1)>"):
        assert caller.call("PUT", f"/files/{quote(name)}", b"x", prefer="wait=30").status == 201
    for path in ("/", "/events", "/files", "/docs"):
        page = caller.call("GET", path, accept="text/html")
        assert page.status == 200, path
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert b"<img src=x" not in page.body
        assert nasty.encode() not in page.body


def test_health_readiness_and_metrics(caller: Caller) -> None:
    assert caller.call("GET", "/healthz").status == 200
    ready = caller.call("GET", "/readyz")
    assert (ready.status, ready.json["ready"]) == (200, True)
    assert set(ready.json["dependencies"]) == {"database", "objects", "bus"}
    # The canary waits 5 s, which what has only just begun may need itself.
    sung = until(lambda: answered(caller, "/readyz?canary=true"), seconds=60, what="the canary")
    assert sung.json["dependencies"]["canary"] is None
    metrics = caller.call("GET", "/metrics").body.decode()
    assert 'consumer="answer-probe"' in metrics


def answered(caller: Caller, path: str) -> Answer | None:
    answer = caller.call("GET", path)
    return answer if answer.status == 200 else None
