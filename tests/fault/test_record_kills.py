"""kill -9 of the process that takes records in, with many in hand; and what memory it takes."""

import http.client
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ops.settings import EMBEDDED
from store.database import Database, open_database
from tests.command_line import CommandLine
from tests.equipment.installations import Answer, Caller
from tests.equipment.recording import finished
from tests.fault.record_account import PATIENCE_SECONDS, check_once, drafts
from tests.services.waiting import until

STORE = "store-record"
PENDING = 12
LINES = 400
HALF = 200
"""Of those; more than are stored, and answered, at once."""
MEBIBYTE = 1024**2
LARGE = 62
"""Mebibytes of the diffs that are sent at once; a record may have 64."""
CROWD = 16
MOST_GROWTH = 1024 * MEBIBYTE
"""Of resident memory: two bodies at work, each of them several times over."""


@dataclass(frozen=True)
class Installation:
    """One that is started process by process."""

    line: CommandLine
    port: int
    database: Database

    @property
    def caller(self) -> Caller:
        """The operator."""
        token = (Path(self.line.settings["MUNIMENT_DATA_DIR"]) / "operator.token").read_text()
        return Caller(f"http://127.0.0.1:{self.port}", token.strip())

    @contextmanager
    def running(self, *command: str) -> Iterator[int]:
        """Run a command for the block, and kill it; yield its process id."""
        with self.line.running(*command) as process:
            if command[0] == "consume":
                self.line.wait_for(process, "consuming")
            else:
                until(self.answers, seconds=PATIENCE_SECONDS, what="the ingress")
            yield process.pid

    def answers(self) -> bool:
        """Whether the ingress does."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except OSError:
                return False

    def put(self, label: str, body: bytes) -> Answer | None:
        """Send a record; None: there was no answer."""
        try:
            return self.caller.call("PUT", f"/records/reef/{label}/", body)
        except (OSError, http.client.HTTPException):
            return None

    def insist(self, label: str) -> int:
        """Send a record until it is taken, and return the status."""
        body = json.dumps(finished(label=label)).encode()

        def ask() -> int | None:
            answer = self.put(label, body)
            return None if answer is None or answer.status == 503 else answer.status

        return until(ask, seconds=PATIENCE_SECONDS, what=f"an answer about {label}")


@pytest.fixture(params=["embedded", "deployed"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, free_port: int
) -> Iterator[Installation]:
    urls = {"bus": EMBEDDED, "database": f"sqlite:///{tmp_path / 'var' / 'muniment.db'}"}
    if request.param == "deployed":
        urls = {
            "bus": request.getfixturevalue("amqp_url"),
            "database": request.getfixturevalue("postgresql_url"),
        }
    settings = {
        "MUNIMENT_DATA_DIR": str(tmp_path / "var"),
        "MUNIMENT_HTTP_PORT": str(free_port),
        "MUNIMENT_BUS_URL": urls["bus"],
        "MUNIMENT_DATABASE_URL": urls["database"],
        "MUNIMENT_ANSWER_SECONDS": "55",
    }
    with closing(open_database(urls["database"])) as database:
        yield Installation(CommandLine(tmp_path, settings), free_port, database)


def test_an_ingress_that_dies_while_clients_wait(installation: Installation) -> None:
    labels = [f"run-{number}" for number in range(PENDING)]
    with ThreadPoolExecutor(PENDING) as pool:
        with installation.running("ingress"):
            assert installation.caller.call("PUT", "/records/reef/", b"{}").status == 201
            bodies = [json.dumps(finished(label=label)).encode() for label in labels]
            waiting = pool.map(installation.put, labels, bodies)
            until(
                lambda: drafts(installation.database) == PENDING,
                seconds=PATIENCE_SECONDS,
                what="all requests to be accepted",
            )
        assert list(waiting) == [None] * PENDING
    with installation.running("up"):
        # The first of the two requests has created it by now, or not.
        assert {installation.insist(label) for label in labels} <= {200, 201}
        wait_for_rest(installation)
    check_once(installation.database, "reef", *labels)


def test_an_import_that_dies_is_repeated(installation: Installation) -> None:
    labels = [f"run-{number}" for number in range(LINES)]
    lines = [json.dumps(finished(label=label)).encode() + b"\n" for label in labels]
    body = b"".join(lines)
    # The connection outlives the process: it is in the middle of the import when it dies.
    with ExitStack() as stack, installation.running("up"):
        assert installation.caller.call("PUT", "/records/reef/", b"{}").status == 201
        address = ("127.0.0.1", installation.port)
        connection = stack.enter_context(socket.create_connection(address))
        head = (
            "POST /records/reef/ HTTP/1.1\r\nHost: muniment\r\n"
            f"Authorization: Bearer {installation.caller.token}\r\n"
            f"Content-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + b"".join(lines[:HALF]))
        assert connection.recv(12) == b"HTTP/1.1 200"
    with installation.running("up"):
        again = installation.caller.call(
            "POST", "/records/reef/", body, content_type="application/x-ndjson"
        )
        said = [json.loads(line) for line in again.body.splitlines()]
        assert [one["label"] for one in said] == labels
        statuses = {one["status"] for one in said}
        assert statuses == {200, 201}, statuses
        wait_for_rest(installation)
    check_once(installation.database, "reef", *labels)


def wait_for_rest(installation: Installation) -> None:
    until(
        lambda: drafts(installation.database) == 0, seconds=PATIENCE_SECONDS, what="no drafts left"
    )


# --- memory -------------------------------------------------------------------------------------


@pytest.mark.parametrize("installation", ["embedded"], indirect=True)
def test_many_large_records_at_once_take_little_memory(installation: Installation) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("memory is read from /proc, which only Linux has")
    with installation.running("up") as process, ExitStack() as stack:
        assert installation.caller.call("PUT", "/records/reef/", b"{}").status == 201
        pool = stack.enter_context(ThreadPoolExecutor(CROWD))
        before = resident(process, "VmRSS")
        statuses = list(pool.map(lambda number: send(installation, number), range(CROWD)))
        grown = resident(process, "VmHWM") - before
    assert statuses == [201] * CROWD
    assert grown < MOST_GROWTH, f"{grown // MEBIBYTE} MiB"


def send(installation: Installation, number: int) -> int:
    """Send a large record piece by piece, and return the status."""
    start = json.dumps(finished(label=f"run-{number}"))[:-1] + f', "diff": "{number}'
    piece, end = b"+" * MEBIBYTE, b'"}'
    length = len(start) + LARGE * MEBIBYTE + len(end)
    address = ("127.0.0.1", installation.port)
    with closing(http.client.HTTPConnection(*address, timeout=120)) as connection:
        connection.request(
            "PUT",
            f"/records/reef/run-{number}/",
            (part for part in (start.encode(), *[piece] * LARGE, end)),
            {
                "Authorization": f"Bearer {installation.caller.token}",
                "Content-Length": str(length),
            },
        )
        return connection.getresponse().status


def resident(process: int, which: str) -> int:
    """Return bytes of `VmRSS` (now) or `VmHWM` (ever)."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {which}")
