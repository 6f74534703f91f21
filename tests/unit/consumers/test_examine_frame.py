"""Bytes are looked at as often as need be, and what was found is noted once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from consumers import examine_frame
from consumers.contract import RetryPolicy
from store import tables
from store.file_stores.folder import FolderFileStore
from store.keys import content_key
from tests.equipment.frame_posts import NAME, post, version
from tests.equipment.objects import InterceptedObjects
from tests.equipment.world import open_world
from tests.services.waiting import until
from tests.unit.consumers.frame_bytes import AT_ONCE, CONSUMERS, PATH, Archive

FAILED = "muniment.frame.fixity_failed.v1"
FILED = "muniment.file.archived.v1"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    url = f"sqlite:///{tmp_path / 'muniment.db'}"
    with open_world(CONSUMERS, database_url=url, folder=tmp_path) as world:
        yield Archive(world, tmp_path / "files")


def test_what_was_announced_again_is_noted_once(archive: Archive) -> None:
    (fact,) = archive.ingest(b"stars")
    archive.examine()
    archive.world.accept(fact)
    archive.examine()
    assert archive.version["fixity"] == "sound"
    assert len(archive.files) == 1
    assert archive.told(FILED) == 1


def test_bytes_that_come_late_are_taken_into_custody(archive: Archive) -> None:
    archive.observatory.settle(post(NAME, b"late stars"))
    assert archive.version["fixity"] is None
    archive.put(b"late stars")
    archive.examine()
    assert archive.version["object_key"] == content_key(archive.version["sha256"])
    assert archive.files[0]["object_key"] == archive.version["object_key"]
    # What comes under the same name later changes nothing of it.
    archive.put(b"other stars")
    with archive.world.objects.open(archive.version["object_key"]) as stream:
        assert stream.read() == b"late stars"


def test_what_is_missing_is_looked_for_again(archive: Archive) -> None:
    patient = replace(AT_ONCE, retry=RetryPolicy(attempts=3, base_seconds=600, jitter=0))
    archive.observatory.settle(post(NAME, b"stars"))
    with archive.world.working(patient):
        archive.world.wait_for(tables.failures, 1)
        assert archive.told(FAILED) == 0
        archive.put(b"stars")
        archive.world.clock.advance(timedelta(seconds=600))
        archive.world.wait_for(tables.files, 1)
    assert archive.version["fixity"] == "sound"


@pytest.mark.parametrize(("there", "problem"), [(None, "missing"), (b"dust", "damaged")])
def test_what_is_not_sound_is_told_in_the_end(
    archive: Archive, there: bytes | None, problem: str
) -> None:
    if there is not None:
        archive.put(there)
    archive.observatory.settle(post(NAME, b"stars"))
    archive.examine()
    assert archive.version["fixity"] == problem
    assert archive.version["size"] is None
    assert (archive.told(FAILED), archive.told(FILED)) == (1, 0)
    assert archive.world.count(tables.parked) == 0


def test_a_copy_of_ours_that_was_lost_is_made_again(archive: Archive) -> None:
    (fact,) = archive.ingest(b"stars")
    key = archive.version["object_key"]
    archive.world.objects.delete(key)
    archive.examine()
    assert (archive.version["fixity"], archive.version["object_key"]) == ("sound", key)
    assert archive.world.objects.info(key).size == 5
    # Without the client's file, there is nothing that it could be made of.
    archive.world.objects.delete(key)
    (archive.folder / PATH).unlink()
    archive.world.accept(fact)
    archive.examine()
    assert archive.version["fixity"] == "missing"


def test_a_copy_that_has_rotten_is_told(archive: Archive, tmp_path: Path) -> None:
    archive.ingest(b"stars")
    (tmp_path / "objects" / archive.version["object_key"]).write_bytes(b"stARs")
    archive.examine()
    assert (archive.version["fixity"], archive.told(FAILED)) == ("damaged", 1)


def test_a_file_store_that_is_away_is_waited_for(archive: Archive) -> None:
    world, away = archive.world, archive.folder.with_name("away")
    archive.observatory.settle(post(NAME, b"stars"))
    archive.put(b"stars")
    archive.folder.rename(away)
    with world.working(AT_ONCE, probes={"file store": world.file_store.check}):
        until(lambda: "file store" in world.tally.pauses, seconds=60, what="a pause")
        away.rename(archive.folder)
        world.wait_for(tables.files, 1)
    assert archive.version["fixity"] == "sound"
    assert world.count(tables.failures) == 0


@pytest.mark.parametrize("instant", ["create", "created", "move", "moved"])
def test_who_dies_at_work_leaves_the_rest_to_the_next(archive: Archive, instant: str) -> None:
    died: list[str] = []

    def die(now: str) -> None:
        if now == instant and not died:
            died.append(now)
            raise RuntimeError("as if killed")

    archive.observatory.settle(post(NAME, b"stars"))
    archive.put(b"stars")
    archive.world.objects = InterceptedObjects(archive.world.objects, die)
    archive.world.__dict__.pop("outside", None)
    patient = replace(AT_ONCE, retry=RetryPolicy(attempts=2, base_seconds=0.01))
    with archive.world.working(patient):
        archive.world.wait_for(tables.files, 1)
    assert died == [instant]
    assert archive.version["fixity"] == "sound"
    with archive.world.objects.open(archive.version["object_key"]) as stream:
        assert stream.read() == b"stars"


def test_a_frame_that_is_deleted_meanwhile_is_let_go(archive: Archive) -> None:
    archive.ingest(b"stars")
    archive.delete()
    archive.examine()
    assert archive.files == []
    assert (archive.told(FAILED), archive.told(FILED)) == (0, 0)


def test_names_that_no_file_can_have(archive: Archive) -> None:
    long = "x" * 300
    archive.world.file_store = FolderFileStore(archive.folder)
    archive.observatory.settle(post(long, b"stars"))
    (row,) = archive.observatory.versions(long)
    assert row["path"] is None
    with archive.world.database.transaction() as transaction:
        with archive.world.objects.create("content/ab/cd/some") as sink:
            sink.write(b"stars")
        transaction.execute(update(tables.frame_versions).values(object_key="content/ab/cd/some"))
    archive.examine()
    assert archive.files[0]["name"] == f"frames/{row['uid']}"


def test_bytes_of_ours_that_were_ingested_natively_are_filed_once(archive: Archive) -> None:
    with archive.world.objects.create("content/ab/cd/some") as sink:
        sink.write(b"stars")
    native = version(b"stars", object_key="content/ab/cd/some")
    archive.observatory.settle(post(NAME, versions=(native,)))
    archive.examine()
    assert archive.version["fixity"] == "sound"
    assert [row["object_key"] for row in archive.files] == ["content/ab/cd/some"]
    assert examine_frame.CONSUMER.long
