"""Disks that are full or read-only: 503 at once, and on by itself afterwards."""

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import System, system
from schemas.files import FileIngestRequested
from schemas.probes import ProbeAnswered
from store.errors import SetupError, UnavailableError
from store.tables import events
from tests.equipment.disks import fill, remount
from tests.equipment.installations import Answer, Caller, settings_of
from tests.services.waiting import until

ALL = [one.name for one in CONSUMERS]
PATIENCE_SECONDS = 60
MOST_POSTS = 5000
"""More than a database can take without growing."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def check_refused(answer: Answer, dependency: str) -> None:
    assert answer.status == 503, answer.body
    assert answer.json["dependency"] == dependency
    assert int(answer.headers["retry-after"]) > 0


def post_until_refused(caller: Caller) -> tuple[list[str], str]:
    """Post until it is refused; return the keys that were accepted, and the one that was not."""
    accepted: list[str] = []
    while len(accepted) < MOST_POSTS:
        key = str(uuid.uuid4())
        answer = caller.post(key)
        if answer.status != 202:
            check_refused(answer, "database")
            return accepted, key
        accepted.append(key)
    raise AssertionError("the disk was never full")


def check_once_each(running: System, keys: list[str]) -> None:
    answers = select(events.c.cause).where(events.c.type == ProbeAnswered.TYPE)
    causes = [row["cause"] for row in running.store.database.query(answers)]
    assert sorted(causes) == sorted(keys)
    drafts = Path(running.settings.objects.removeprefix("file:")) / ".tmp"
    assert list(drafts.iterdir()) == []


def test_a_full_disk_under_everything(
    request: pytest.FixtureRequest, disk: Path, stack: ExitStack
) -> None:
    settings = settings_of("embedded", request, disk)
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    first = str(uuid.uuid4())
    assert caller.post(first).status == 202
    caller.wait_until_succeeded([first])
    filler = fill(disk)
    stack.callback(filler.unlink, missing_ok=True)
    # The database has a little room of its own, and says yes as long as it really has.
    accepted, refused = post_until_refused(caller)
    check_refused(caller.post(refused), "database")
    check_refused(caller.call("PUT", "/files/a", bytes(100_000), idempotency_key="a"), "objects")
    assert caller.call("GET", "/healthz").status == 200
    until(
        lambda: "is full" in (caller.call("GET", "/readyz").json["dependencies"]["database"] or ""),
        seconds=PATIENCE_SECONDS,
        what="/readyz to tell of the disk",
    )
    assert caller.call("GET", f"/operations/{first}").json["state"] == "succeeded"
    filler.unlink()
    until(lambda: caller.post(refused).status == 202, seconds=PATIENCE_SECONDS, what="a 202")
    until(
        lambda: caller.call("GET", "/readyz").status == 200,
        seconds=PATIENCE_SECONDS,
        what="/readyz to be content",
    )
    upload = caller.call("PUT", "/files/a", bytes(100_000), idempotency_key="a")
    assert upload.status == 202, upload.body
    caller.wait_until_succeeded([*accepted, refused, upload.headers["location"].rpartition("/")[2]])
    check_once_each(running, [first, *accepted, refused])
    (version,) = caller.call("GET", "/files?name=a").json["files"]
    assert (version["version"], version["size"]) == (1, 100_000)


def test_a_full_disk_under_the_objects_alone(
    request: pytest.FixtureRequest, tmp_path: Path, disk: Path, stack: ExitStack
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "b").write_bytes(bytes(100_000))
    settings = settings_of(
        "embedded", request, tmp_path, objects_url=f"file:{disk}", inbox_dirs=(inbox,)
    )
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    filler = fill(disk)
    stack.callback(filler.unlink, missing_ok=True)
    check_refused(caller.call("PUT", "/files/a", bytes(100_000), idempotency_key="a"), "objects")
    copied, probe = str(uuid.uuid4()), str(uuid.uuid4())
    source = str(inbox / "b")
    assert caller.post(copied, FileIngestRequested.TYPE, name="b", source=source).status == 202
    # Only what needs the disk waits, and its try does not count.
    assert caller.post(probe).status == 202
    caller.wait_until_succeeded([probe])
    until(
        lambda: caller.call("GET", "/readyz").json["dependencies"]["objects"],
        seconds=PATIENCE_SECONDS,
        what="/readyz to name the objects",
    )
    assert caller.call("GET", f"/operations/{copied}").json["state"] != "failed"
    filler.unlink()
    caller.wait_until_succeeded([copied])
    (version,) = caller.call("GET", "/files?name=b").json["files"]
    assert version["size"] == 100_000
    check_once_each(running, [probe])


def test_a_data_directory_that_is_read_only(
    request: pytest.FixtureRequest, disk: Path, stack: ExitStack
) -> None:
    settings = settings_of("embedded", request, disk)
    key = str(uuid.uuid4())
    with system(settings, ingress=True, consumers=ALL) as running:
        assert Caller.of(running).post(key).status == 202
    remount(disk, "ro")
    check_refuses_to_start(settings)
    remount(disk, "rw")
    running = stack.enter_context(system(settings, ingress=True, consumers=ALL))
    caller = Caller.of(running)
    caller.wait_until_succeeded([key])
    check_once_each(running, [key])


def test_a_new_data_directory_that_is_read_only(request: pytest.FixtureRequest, disk: Path) -> None:
    remount(disk, "ro")
    check_refuses_to_start(settings_of("embedded", request, disk))


def check_refuses_to_start(settings: Settings) -> None:
    with (
        pytest.raises((SetupError, UnavailableError), match=r"(?i)read-?only|unable to open"),
        system(settings, ingress=True, consumers=ALL),
    ):
        pass
