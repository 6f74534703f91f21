"""A consumer's process is killed at named instants: nothing is lost, and nothing is done twice."""

import hashlib
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from consumers.embedded import LEASE
from consumers.ingest_file import CONSUMER
from schemas.files import FileArchived, FileIngestRequested
from store import tables
from store.keys import content_key
from store.outbox import GRACE
from store.uploads import sweep_staging
from tests.equipment.dying import INSTANTS
from tests.equipment.making import MakeWorld

ROOT = Path(__file__).parents[2]
BYTES = b"SIMPLE  =                    T"
KEY = content_key(hashlib.sha256(BYTES).hexdigest())
COPYING = {"in the middle of copying", "after the copy is whole"}
IN_EVERY_WORLD = {"before the handler", "after the commit, before the acknowledgement"}


def instants() -> list[object]:
    """Every instant on SQLite, and those that the bus has a part in everywhere."""
    return [
        pytest.param(kind, instant, id=f"{kind}: {instant}")
        for instant in INSTANTS
        for kind in ("sqlite", "postgresql", "rabbitmq")
        if kind == "sqlite" or instant in IN_EVERY_WORLD
    ]


@pytest.mark.parametrize(("make_world", "instant"), instants(), indirect=["make_world"])
def test_nothing_is_lost_and_nothing_is_done_twice(make_world: MakeWorld, instant: str) -> None:
    world = make_world(CONSUMER)
    if instant in COPYING:
        (world.inbox / "a.fits").write_bytes(BYTES)
        source = str(world.inbox / "a.fits")
    else:
        source = f"upload:{world.receive(BYTES).id}"
    (sent,) = world.accept(FileIngestRequested(name="a.fits", source=source))

    died = subprocess.run(
        [
            *(sys.executable, "-m", "tests.equipment.dying", instant),
            *(make_world.database_url, make_world.bus_url, str(make_world.folder)),
        ],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    # Nobody waits for what the dead held: its leases run out, its outbox rows are swept.
    world.clock.advance(max(LEASE, GRACE) + timedelta(seconds=1))
    world.work_off(CONSUMER)

    (version,) = world.rows(tables.files)
    assert (version["id"], version["object_key"]) == (sent.key, KEY)
    (answer,) = world.rows(tables.events, cause=sent.key)
    assert answer["type"] == FileArchived.TYPE
    assert [row["event_key"] for row in world.rows(tables.inbox)] == [sent.key]
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert world.count(tables.uploads) == 0
    sweep_staging(world.database, world.objects, world.clock() + timedelta(hours=1))
    assert [one.key for one in world.objects.list("")] == [KEY]
    assert list((make_world.folder / "objects" / ".tmp").iterdir()) == []
