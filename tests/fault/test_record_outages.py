"""Records while what they need is down, full or lost: told at once, and nothing half."""

import http.client
import json
import random
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from schemas.record_document import write
from store.keys import content_key
from store.tables import events, record_objects, records
from tests.equipment.disks import fill
from tests.equipment.installations import Answer
from tests.equipment.recording import PASSWORDS, Recording, basic, finished, recording
from tests.fault.record_account import (
    account,
    check_once,
    check_refused,
    drafts,
    insist,
)
from tests.fault.wire import wire
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.s3 import S3
from tests.services.waiting import until

MEBIBYTE = 1024**2
MOST_RECORDS = 2000
"""More than a database can take without growing."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def long_text(seed: int) -> str:
    """Return a mebibyte like no other."""
    return random.Random(seed).randbytes(MEBIBYTE // 2).hex()  # noqa: S311 - no secret


def test_database_down(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    private_postgresql: PrivatePostgreSQL,
    stack: ExitStack,
) -> None:
    url = stack.enter_context(private_postgresql.fresh_database())
    here = stack.enter_context(
        recording("embedded", request, tmp_path, database_url=url, answer_seconds=30)
    )
    project = here.project("bo")
    path = here.record(project, "early")
    later = json.dumps(finished(label="later")).encode()
    private_postgresql.kill()
    # A server process that has outlived its parent may still answer for a moment.
    until(lambda: here.get(path).status == 503, seconds=60, what="a 503")
    for user in ("ann", "bo"):
        for asked in ("/", f"/{project}/", path, f"/{project}/last/", f"{path}?view=history"):
            check_refused(here.get(asked, user=user))
        check_refused(here.call("PUT", f"/{project}/later/", later, user=user))
        check_refused(here.call("DELETE", path, user=user))
    check_refused(here.put("/new/", {}))
    private_postgresql.start()
    until(lambda: here.get(path).status == 200, seconds=60, what="a 200")
    # The first of two requests has created it by now, or not.
    assert insist(here, "PUT", f"/{project}/later/", later).status in {200, 201}
    assert here.get("/new/").status == 404
    check_once(here.running.store.database, project, "early", "later")


def test_broker_down(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql_url: str,
    private_rabbitmq: PrivateRabbitMQ,
    stack: ExitStack,
) -> None:
    here = stack.enter_context(
        recording(
            "embedded",
            request,
            tmp_path,
            bus_url=stack.enter_context(private_rabbitmq.fresh_vhost()),
            database_url=postgresql_url,
            answer_seconds=1,
        )
    )
    early = here.project()
    path = here.record(early, "early")
    private_rabbitmq.stop()
    project, database = here.project("bo"), here.running.store.database
    sent = json.dumps(finished(label="run")).encode()
    for _ in range(2):
        check_refused(here.call("PUT", f"/{project}/run/", sent, user="bo"))
    assert account(database, project, "run").requested == 1
    assert here.get(path).status == 200
    assert here.call("DELETE", f"/{project}/permissions/bo/").status == 204
    here.grant(project, "bo")
    private_rabbitmq.start()
    # The one before has created it by now, or not.
    assert insist(here, "PUT", f"/{project}/run/", sent, user="bo").status in {200, 201}
    check_once(database, project, "run")


# --- disks and objects --------------------------------------------------------------------------


def test_a_full_disk_under_everything(
    request: pytest.FixtureRequest, disk: Path, stack: ExitStack
) -> None:
    here = stack.enter_context(recording("embedded", request, disk, answer_seconds=30))
    project, database = here.project(), here.running.store.database
    path = here.record(project, "early")
    filler = fill(disk)
    stack.callback(filler.unlink, missing_ok=True)

    # The database has a little room of its own, and says yes as long as it really has.
    labels = ["early"]
    answers: list[Answer] = []
    while not answers or answers[-1].status == 201:
        assert len(labels) < MOST_RECORDS, "the disk was never full"
        labels.append(f"run-{len(labels)}")
        answers.append(here.put(f"/{project}/{labels[-1]}/", content(labels[-1])))
    check_refused(answers[-1])
    check_refused(here.put(f"/{project}/{labels[-1]}/", content(labels[-1])))
    check_refused(here.put(f"/{project}/long/", content("long", diff=long_text(1))))
    assert here.get(path).status == 200
    assert len(here.labels(project)) == len(labels) - 1
    filler.unlink()
    for label, sent in ((labels[-1], content(labels[-1])), ("long", content("long", diff="+"))):
        said = insist(here, "PUT", f"/{project}/{label}/", json.dumps(sent).encode())
        assert said.status in {200, 201}
    check_once(database, project, *labels, "long")


def content(label: str, **changes: object) -> dict[str, object]:
    """Return a record whose outcome takes a few pages."""
    return finished(label=label, **{"outcome": "starlight " * 2000, **changes})


def test_a_full_disk_under_the_objects_alone(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Path, stack: ExitStack
) -> None:
    here = stack.enter_context(recording("embedded", request, tmp_path, objects_url=f"file:{disk}"))
    project = here.project()
    filler = fill(disk)
    stack.callback(filler.unlink, missing_ok=True)
    check_nothing_half(here, project)
    assert list((disk / ".tmp").iterdir()) == []
    here.record(project, "short")
    filler.unlink()
    check_whole(here, project)


def test_an_object_server_that_is_cut_off(
    request: pytest.FixtureRequest, tmp_path: Path, s3: S3
) -> None:
    left = [sys.maxsize]
    """Bytes that the server may say yet."""

    def listen(said: bytes) -> bytes | None:
        return said if left[0] > 0 else None

    def answer(said: bytes) -> bytes | None:
        passing = listen(said)
        left[0] -= len(said)
        return passing

    with (
        wire(s3.endpoint_url, listen, answer) as url,
        recording("deployed", request, tmp_path, s3_endpoint_url=url) as here,
    ):
        project = here.project()
        left[0] = 0
        check_nothing_half(here, project)
        path = here.record(project, "short")
        left[0] = sys.maxsize
        check_whole(here, project)
        here.record(project, "longer", diff=long_text(6) * 8)
        left[0] = 0
        check_refused(here.get(f"/{project}/run/"))
        assert here.get(path).status == 200
        left[0] = 3 * MEBIBYTE
        said = say(here, f"GET /records/{project}/longer/ HTTP/1.1")
        assert left[0] < 0
        # Broken off: no end of the last chunk, and no other answer in the midst of it.
        assert said.startswith(b"HTTP/1.1 200")
        assert said.count(b"HTTP/1.1") == 1
        assert not said.endswith(b"0\r\n\r\n")


def say(here: Recording, line: str) -> bytes:
    """Send a request of Ann's, and return all that is answered until the server hangs up."""
    address = urlsplit(here.url)
    headers = {
        "Host": "muniment",
        "Authorization": basic("ann", PASSWORDS["ann"]),
        "Connection": "close",
    }
    head = "\r\n".join([line, *(f"{name}: {value}" for name, value in headers.items())])
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def check_nothing_half(here: Recording, project: str) -> None:
    """See that a record with a long diff is refused, and leaves no trace."""
    database = here.running.store.database
    check_refused(here.put(f"/{project}/run/", finished(label="run", diff=long_text(2))))
    of_record = select(events.c.key).where(events.c.subject == f"{project}/run")
    for trace in (of_record, select(record_objects.c.sha256), select(records.c.id)):
        assert database.query(trace) == []
    assert drafts(database) == 0


def check_whole(here: Recording, project: str) -> None:
    """See that the same record is taken now."""
    sent = finished(label="run", diff=long_text(2))
    said = insist(here, "PUT", f"/{project}/run/", json.dumps(sent).encode())
    assert said.status in {200, 201}
    assert here.get(f"/{project}/run/").json["diff"] == sent["diff"]
    check_once(here.running.store.database, project, "run", "short")


@pytest.mark.parametrize("world", ["embedded", "deployed"])
def test_half_a_record_never_looks_whole(
    request: pytest.FixtureRequest, tmp_path: Path, world: str
) -> None:
    with recording(world, request, tmp_path) as here:
        project = here.project()
        here.record(project, "short")
        begins = {"diff": long_text(3), "stdout_stderr": long_text(4)}
        first = here.record(project, "first", **begins)
        second = here.record(project, "second", **{**begins, "diff": long_text(5)})
        lose(here, begins["diff"])
        for asked in (first, f"{first}?view=diff&format=html"):
            assert here.get(asked).status == 500
        assert here.get(second).status == 200
        lose(here, begins["stdout_stderr"])
        every = f"/{project}/?format=ndjson", f"/{project}/?expand=records"
        for asked in (second, *every):
            with pytest.raises(http.client.IncompleteRead):
                here.get(asked)
        assert here.get(f"{first}?view=history").status == 200
        assert here.get(f"/{project}/short/").status == 200
        assert set(here.labels(project)) == {"short", "first", "second"}


def lose(here: Recording, text: str) -> None:
    """Have the object store forget a long text."""
    here.running.store.objects.delete(content_key(sha256(write(text).encode()).hexdigest()))
