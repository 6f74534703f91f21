"""kill -9 of who stores frames, between copying bytes and the commit: one frame, one copy."""

import hashlib
from datetime import timedelta

import pytest

from consumers.embedded import LEASE
from consumers.ingest_frame import CONSUMER
from schemas.frames import FrameArchived
from store import tables
from store.file_stores.folder import FolderFileStore
from store.keys import content_key
from store.outbox import GRACE
from store.uploads import sweep_staging
from tests.equipment.frame_posts import NAME, Observatory, post
from tests.equipment.killing import run_consumer_until_killed
from tests.equipment.making import MakeWorld

BYTES = b"SIMPLE  =                    T"
KEY = content_key(hashlib.sha256(BYTES).hexdigest())
INSTANTS = (
    *("in the middle of copying", "after the object's effects", "before the commit"),
    "after the commit, before the acknowledgement",
)


@pytest.mark.parametrize("make_world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("instant", INSTANTS)
def test_a_frame_is_stored_once_with_its_bytes(make_world: MakeWorld, instant: str) -> None:
    world = make_world(CONSUMER)
    shared = make_world.folder / "files"
    path = shared / f"tst/kb27/20240304/raw/{NAME}.fits.fz"
    path.parent.mkdir(parents=True)
    path.write_bytes(BYTES)
    world.file_store = FolderFileStore(shared)
    (asked,) = Observatory(world).request(post(NAME, BYTES))
    run_consumer_until_killed(make_world, instant, CONSUMER.name)
    world.clock.advance(max(LEASE, GRACE) + timedelta(seconds=1))
    world.work_off(CONSUMER)

    (version,) = world.rows(tables.frame_versions)
    assert version["object_key"] == KEY
    assert [row["id"] for row in world.rows(tables.frame_notices)] == [version["uid"]]
    (fact,) = world.rows(tables.events, cause=asked.key)
    assert fact["type"] == FrameArchived.TYPE
    assert world.count(tables.frames) == world.count(tables.inbox) == 1
    assert world.rows(tables.frame_drafts) == world.rows(tables.failures) == []
    sweep_staging(world.database, world.objects, world.clock() + timedelta(hours=1))
    assert [one.key for one in world.objects.list("")] == [KEY]
    with world.objects.open(KEY) as stream:
        assert stream.read() == BYTES
