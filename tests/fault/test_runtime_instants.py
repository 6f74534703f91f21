"""A consumer's process is killed at named instants: nothing is lost, and nothing is done twice."""

import hashlib
from datetime import timedelta

import pytest

from consumers.embedded import LEASE
from consumers.ingest_file import CONSUMER
from schemas.files import FileArchived, FileIngestRequested
from store import tables
from store.keys import content_key
from store.outbox import GRACE
from store.uploads import sweep_staging
from tests.equipment.dying import INSTANTS
from tests.equipment.killing import in_worlds, run_consumer_until_killed
from tests.equipment.making import MakeWorld

BYTES = b"SIMPLE  =                    T"
KEY = content_key(hashlib.sha256(BYTES).hexdigest())
COPYING = {"in the middle of copying", "after the copy is whole"}
IN_EVERY_WORLD = {"before the handler", "after the commit, before the acknowledgement"}


@pytest.mark.parametrize(
    ("make_world", "instant"), in_worlds(INSTANTS, IN_EVERY_WORLD), indirect=["make_world"]
)
def test_nothing_is_lost_and_nothing_is_done_twice(make_world: MakeWorld, instant: str) -> None:
    world = make_world(CONSUMER)
    if instant in COPYING:
        (world.inbox / "a.fits").write_bytes(BYTES)
        source = str(world.inbox / "a.fits")
    else:
        source = f"upload:{world.receive(BYTES).id}"
    (sent,) = world.accept(FileIngestRequested(name="a.fits", source=source))

    run_consumer_until_killed(make_world, instant, CONSUMER.name)
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
