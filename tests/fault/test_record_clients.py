"""Clients of records that go away, dawdle or send very much: the server holds nothing for them."""

import http.client
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from store.database import Database
from tests.equipment.recording import PASSWORDS, Recording, basic, finished, recording
from tests.fault.record_account import (
    PATIENCE_SECONDS,
    account,
    check_once,
    drafts,
    elsewhere,
    insist,
)
from tests.services.waiting import until

STORE = "store-record"
MEBIBYTE = 1024**2
LARGE = 2 * MEBIBYTE
"""Bytes; more than is taken in without a slot."""
TURNS = 7
"""Changes, at least, that each of those makes who write while others read."""
CROWD = 24
"""Clients; more than there are slots."""


@pytest.fixture(params=["embedded", "deployed"])
def world(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def begin(here: Recording, path: str, length: int, content: bytes) -> socket.socket:
    """Announce a body, send some of it, and return the connection."""
    address = urlsplit(here.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    head = (
        f"PUT /records{path} HTTP/1.1\r\nHost: muniment\r\n"
        f"Authorization: {basic('ann', PASSWORDS['ann'])}\r\nContent-Length: {length}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return connection


def large(label: str) -> bytes:
    return json.dumps(finished(label=label, diff="+" * LARGE)).encode()


def test_clients_that_go_in_the_middle_of_a_body(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with recording("embedded", request, tmp_path) as here:
        project, database = here.project(), here.running.store.database
        for length in (10_000, LARGE):
            for _ in range(CROWD):
                begin(here, f"/{project}/gone/", length, b"x" * (length // 2)).close()
        with ThreadPoolExecutor(8) as pool:
            labels = [f"run-{number}" for number in range(8)]
            paths = [f"/{project}/{label}/" for label in labels]
            answers = list(pool.map(here.call, ["PUT"] * 8, paths, map(large, labels)))
        assert [one.status for one in answers] == [201] * 8
        check_untouched(database, project, "gone")
        check_once(database, project, *labels)


def test_clients_that_dawdle_keep_no_other_waiting(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with recording("embedded", request, tmp_path) as here, ExitStack() as stack:
        project, database = here.project(), here.running.store.database
        sent = large("slow")
        dawdling = [
            stack.enter_context(closing(begin(here, f"/{project}/slow/", len(sent), sent[:LARGE])))
            for _ in range(CROWD)
        ]
        assert here.call("PUT", f"/{project}/quick/", large("quick")).status == 201
        check_untouched(database, project, "slow")
        # Whoever goes on in time is served, too.
        dawdling[0].sendall(sent[LARGE:])
        response = http.client.HTTPResponse(dawdling[0])
        response.begin()
        assert response.status == 201
        check_once(database, project, "quick", "slow")


def check_untouched(database: Database, project: str, label: str) -> None:
    """See that nothing knows of a record."""
    found = account(database, project, label)
    assert (found.requested, found.records, found.history) == (0, 0, ())
    assert drafts(database) == 0


def test_a_client_that_goes_while_it_waits(
    request: pytest.FixtureRequest, tmp_path: Path, world: str
) -> None:
    with recording(world, request, tmp_path, without=[STORE]) as here:
        project, database = here.project(), here.running.store.database
        sent = json.dumps(finished(label="run")).encode()
        with closing(begin(here, f"/{project}/run/", len(sent), sent)):
            until(lambda: drafts(database) == 1, seconds=60, what="the request to be accepted")
        assert here.get(f"/{project}/run/").status == 404
        with elsewhere(here, STORE):
            said = insist(here, "PUT", f"/{project}/run/", sent)
            assert said.status in {200, 201}
            until(lambda: drafts(database) == 0, seconds=PATIENCE_SECONDS, what="no drafts")
        check_once(database, project, "run")


# --- many records at once -----------------------------------------------------------------------


def test_a_line_that_is_too_long_is_no_matter_of_the_others(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with recording("embedded", request, tmp_path, largest_record=MEBIBYTE) as here:
        project = here.project()
        sent = lines(["early"]) + large("long") + b"\n" + lines(["late"]) + large("last")
        said = here.call("POST", f"/{project}/", sent, content_type="application/x-ndjson")
        statuses = [json.loads(line)["status"] for line in said.body.splitlines()]
        assert statuses == [201, 413, 201, 413]
        check_once(here.running.store.database, project, "early", "late")


def test_an_export_while_records_change(
    request: pytest.FixtureRequest, tmp_path: Path, world: str
) -> None:
    with recording(world, request, tmp_path) as here:
        project, database = here.project(), here.running.store.database
        early = [f"early-{number}" for number in range(450)]
        imported = here.call(
            "POST", f"/{project}/", lines(early), content_type="application/x-ndjson"
        )
        said = [json.loads(line) for line in imported.body.splitlines()]
        assert [one["status"] for one in said] == [201] * len(early)
        turns = [0, 0, 0]
        stopping = Event()

        def change(number: int) -> None:
            while not stopping.is_set():
                turn = turns[number] = turns[number] + 1
                label = f"late-{number}-{turn}"
                timestamp = f"2024-0{turn % 9 + 1}-01 10:00:00+0000"
                document = finished(label=label, timestamp=timestamp)
                assert here.put(f"/{project}/{label}/", document).status == 201
                assert here.put(f"/{project}/{early[turn]}/", {"outcome": label}).status == 200
                if turn % 3 == 0:
                    assert here.call("DELETE", f"/{project}/{label}/").status == 204

        with ThreadPoolExecutor(len(turns)) as pool:
            changing = [pool.submit(change, number) for number in range(len(turns))]
            try:
                while min(turns) < TURNS and not any(one.done() for one in changing):
                    for asked in ("?format=ndjson", "?expand=records"):
                        body = here.get(f"/{project}/{asked}").body
                        check_export(body, early, whole=asked == "?expand=records")
            finally:
                stopping.set()
            for one in changing:
                one.result()
        assert account(database, project, early[0]).announced == 1
        assert drafts(database) == 0


def lines(labels: list[str]) -> bytes:
    """Return records as they are imported."""
    return b"".join(json.dumps(finished(label=label)).encode() + b"\n" for label in labels)


def check_export(body: bytes, early: list[str], *, whole: bool) -> None:
    """See that an export has every early record once, and no other twice."""
    found = json.loads(body)["records"] if whole else [json.loads(one) for one in body.splitlines()]
    labels = [one["label"] for one in found]
    assert all(len(one) == 24 for one in found)
    assert len(labels) == len(set(labels))
    assert set(early) <= set(labels)
