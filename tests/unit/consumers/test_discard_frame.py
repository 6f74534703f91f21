"""Bytes of deleted frames go, unless somebody else needs them, or has put them there again."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from schemas.catalogue import decode
from store import tables
from store.discarded import KEPT, discard, settle
from store.errors import ObjectNotFoundError
from store.keys import DISCARDED
from store.ledger import envelope_of
from store.ports import FileVersion, ObjectStore
from tests.equipment.frame_posts import NAME, post
from tests.equipment.world import World, open_world
from tests.unit.consumers.frame_bytes import CONSUMERS, PATH, Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world(CONSUMERS, database_url=url, folder=tmp_path) as world:
        yield Archive(world, tmp_path / "files")


def is_there(objects: ObjectStore, key: str) -> bool:
    try:
        objects.info(key)
    except ObjectNotFoundError:
        return False
    return True


def settled(world: World, ahead: timedelta = timedelta()) -> tuple[int, int]:
    return settle(world.database, world.objects, world.clock() + ahead)


def test_all_bytes_of_all_versions_go(archive: Archive) -> None:
    archive.ingest(b"first")
    archive.ingest(b"second")
    archive.examine()
    keys = [row["object_key"] for row in archive.observatory.versions()]
    archive.delete()
    assert (archive.folder / PATH).exists()
    archive.discard()
    assert not (archive.folder / PATH).exists()
    assert not any(is_there(archive.world.objects, key) for key in keys)
    assert archive.files == []
    # For some days they could be brought back by hand.
    assert settled(archive.world) == (0, 0)
    assert len(list(archive.world.objects.list(DISCARDED))) == 2
    assert settled(archive.world, KEPT + timedelta(days=1)) == (0, 2)
    assert list(archive.world.objects.list("")) == []


def test_what_is_done_twice_is_done_once(archive: Archive) -> None:
    archive.ingest(b"stars")
    archive.delete()
    (row,) = archive.world.rows(tables.events, type="muniment.frame.deleted.v1")
    archive.discard()
    archive.world.accept(decode(envelope_of(row)))  # type: ignore[arg-type]  # reads like a row
    archive.discard()
    assert not (archive.folder / PATH).exists()
    assert len(list(archive.world.objects.list(DISCARDED))) == 1


def test_a_frame_that_was_ingested_again_before_keeps_all(archive: Archive) -> None:
    archive.ingest(b"stars")
    archive.delete()
    archive.ingest(b"stars")
    archive.discard()
    assert (archive.folder / PATH).read_bytes() == b"stars"
    assert is_there(archive.world.objects, archive.version["object_key"])
    archive.examine()
    assert archive.version["fixity"] == "sound"


def test_bytes_that_were_put_there_again_stay(archive: Archive) -> None:
    archive.ingest(b"stars")
    archive.delete()
    # The client's next step will be to post them.
    later = archive.world.clock() + timedelta(seconds=1)
    os.utime(archive.put(b"stars"), (later.timestamp(), later.timestamp()))
    archive.discard()
    assert (archive.folder / PATH).read_bytes() == b"stars"
    archive.observatory.settle(post(NAME, b"stars"))
    archive.examine()
    assert archive.version["fixity"] == "sound"


def test_what_has_other_bytes_by_now_stays(archive: Archive) -> None:
    archive.ingest(b"stars")
    archive.delete()
    past = archive.world.clock() - timedelta(days=1)
    os.utime(archive.put(b"of somebody else"), (past.timestamp(), past.timestamp()))
    archive.discard()
    assert (archive.folder / PATH).exists()


def test_bytes_that_a_native_file_has_too_stay(archive: Archive) -> None:
    archive.ingest(b"stars")
    row = archive.version
    native = FileVersion(
        id="native",
        name="stars.fits",
        version=1,
        size=5,
        sha256=row["sha256"],
        md5=row["md5"],
        media_type="application/fits",
        metadata={},
        object_key=row["object_key"],
        archived_at=archive.world.clock(),
        archived_by="x",
    )
    with archive.world.database.transaction() as transaction:
        archive.world.make_work(transaction, "x", 1, archive.world.clock()).files.add(native)
    archive.delete()
    archive.discard()
    assert is_there(archive.world.objects, row["object_key"])


def test_what_is_spoken_of_after_all_is_put_back(archive: Archive) -> None:
    # Somebody has found the object there, and commits after we have looked.
    archive.ingest(b"stars")
    key, world = archive.version["object_key"], archive.world
    discard(world.objects, key, world.clock())
    discard(world.objects, key, world.clock())
    assert not is_there(world.objects, key)
    assert settled(world) == (1, 0)
    assert is_there(world.objects, key)
    assert list(world.objects.list(DISCARDED)) == []


def test_thumbnails_go_with_their_frame(archive: Archive) -> None:
    archive.ingest(b"stars")
    picture = "tst/kb27/20240304/thumbnails/x.jpg"
    archive.put(b"picture", picture)
    said = post("x", b"picture", frame_basename=NAME, size="small")
    archive.observatory.changes.post_thumbnail(said, "ada")
    with archive.world.database.transaction() as transaction:
        transaction.execute(update(tables.thumbnails).values(path=picture))
    archive.delete()
    archive.discard()
    assert not (archive.folder / picture).exists()
