"""Consumer `ingest-file`: what becomes of bytes, names and refusals, with real rows and objects."""

import hashlib
from typing import Any

import pytest

from consumers.ingest_file import CONSUMER
from schemas.files import FileArchived, FileIngestRequested, FileRejected, FileUnchanged
from store import tables
from store.keys import content_key
from tests.equipment.ingesting import (
    BYTES,
    NAME,
    SHA256,
    ingest,
    objects,
    rejected,
    upload,
)
from tests.equipment.making import MakeWorld
from tests.equipment.world import World

MD5 = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()


@pytest.fixture
def world(make_embedded_world: MakeWorld) -> World:
    """A world with the consumer."""
    return make_embedded_world(CONSUMER)


# --- archiving ------------------------------------------------------------------------------------


def test_an_upload_is_archived(world: World) -> None:
    event = ingest(
        world, source=upload(world), size=len(BYTES), sha256=SHA256.upper(), md5=MD5,
        metadata={"OBJECT": "M 31", "moon": None},
    )  # fmt: skip
    (request,) = world.rows(tables.events, type=FileIngestRequested.TYPE)
    assert isinstance(event, FileArchived)
    assert event == FileArchived(
        file_id=request["key"],
        name=NAME,
        version=1,
        object_key=content_key(SHA256),
        size=len(BYTES),
        sha256=SHA256,
        md5=MD5,
        media_type="application/fits",
        metadata={"OBJECT": "M 31", "moon": None},
        archived_at=event.archived_at,
        url=f"https://archive.example.org/files/{request['key']}/content",
    )
    (row,) = world.rows(tables.files)
    assert (row["id"], row["archived_by"]) == (request["key"], request["key"])
    assert row["metadata"] == '{"OBJECT":"M 31","moon":null}'
    assert row["archived_at"] == event.archived_at
    assert objects(world) == {content_key(SHA256): BYTES}
    assert world.count(tables.uploads) == 0
    assert world.rows(tables.inbox)[0]["outcome"] == "succeeded"


def test_a_file_of_an_inbox_is_copied_and_archived(world: World) -> None:
    large = bytes(range(256)) * 10_000  # more than is read at once
    (world.inbox / "a.fits").write_bytes(large)
    event = ingest(world, source=str(world.inbox / "a.fits"))
    assert isinstance(event, FileArchived)
    assert (event.size, event.sha256) == (len(large), hashlib.sha256(large).hexdigest())
    assert event.md5 == hashlib.md5(large, usedforsecurity=False).hexdigest()
    assert objects(world) == {event.object_key: large}
    assert (world.inbox / "a.fits").read_bytes() == large


@pytest.mark.parametrize("place", ["upload", "inbox"])
def test_an_empty_file_is_a_file(world: World, place: str) -> None:
    (world.inbox / "empty").write_bytes(b"")
    source = upload(world, b"") if place == "upload" else str(world.inbox / "empty")
    event = ingest(world, source=source, size=0)
    assert isinstance(event, FileArchived)
    assert objects(world) == {event.object_key: b""}


@pytest.mark.parametrize("place", ["upload", "inbox"])
def test_the_same_bytes_again_take_the_place_of_a_lost_object(world: World, place: str) -> None:
    ingest(world, source=upload(world))
    world.objects.delete(content_key(SHA256))
    (world.inbox / "a.fits").write_bytes(BYTES)
    source = upload(world) if place == "upload" else str(world.inbox / "a.fits")
    assert isinstance(ingest(world, source=source), FileUnchanged)
    assert objects(world) == {content_key(SHA256): BYTES}


def test_the_same_bytes_again_change_nothing(world: World) -> None:
    first = ingest(world, source=upload(world))
    second = ingest(world, source=upload(world), metadata={"other": 1})
    assert isinstance(first, FileArchived)
    assert second == FileUnchanged(**first.model_dump())
    assert world.count(tables.files) == 1
    assert objects(world) == {content_key(SHA256): BYTES}
    assert world.count(tables.uploads) == 0


def test_other_bytes_are_the_next_version(world: World) -> None:
    ingest(world, source=upload(world))
    second = ingest(world, source=upload(world, b"other"))
    third = ingest(world, source=upload(world))
    assert isinstance(second, FileArchived)
    assert isinstance(third, FileArchived)
    assert [row["version"] for row in world.rows(tables.files)] == [1, 2, 3]
    assert third.sha256 == SHA256
    assert set(objects(world).values()) == {BYTES, b"other"}


def test_the_same_bytes_under_two_names_are_stored_once(world: World) -> None:
    one = ingest(world, source=upload(world))
    other = ingest(world, source=upload(world), name="copy.fits")
    assert isinstance(one, FileArchived)
    assert isinstance(other, FileArchived)
    assert one.object_key == other.object_key
    assert one.file_id != other.file_id
    assert other.version == 1
    assert objects(world) == {content_key(SHA256): BYTES}


def test_many_at_once_under_one_name_are_so_many_versions(world: World) -> None:
    requests = [
        FileIngestRequested(name=NAME, source=upload(world, str(number % 6).encode()))
        for number in range(12)
    ]
    world.accept(*requests)
    world.work_off(CONSUMER)
    versions = [row["version"] for row in world.rows(tables.files)]
    assert sorted(versions) == list(range(1, len(versions) + 1))
    assert len(versions) >= 6
    archived = world.count(tables.events, type=FileArchived.TYPE)
    assert archived == len(versions)
    assert archived + world.count(tables.events, type=FileUnchanged.TYPE) == 12
    assert sorted(objects(world).values()) == [str(number).encode() for number in range(6)]
    assert world.count(tables.failures) == 0


@pytest.mark.parametrize(
    ("name", "asked", "sent", "media_type"),
    [
        ("a.fits", None, None, "application/fits"),
        ("a.unknown", None, None, "application/octet-stream"),
        ("a.fits", None, "image/png", "image/png"),
        ("a.fits", "text/plain", "image/png", "text/plain"),
    ],
)
def test_the_media_type_is_what_was_asked_for_sent_or_suggested(
    world: World, name: str, asked: str | None, sent: str | None, media_type: str
) -> None:
    received = world.receive(BYTES)
    with world.database.transaction() as transaction:
        transaction.execute(tables.uploads.update().values(media_type=sent))
    event = ingest(world, name=name, source=f"upload:{received.id}", media_type=asked)
    assert isinstance(event, FileArchived)
    assert event.media_type == media_type


# --- refusing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["upload", "inbox"])
@pytest.mark.parametrize(
    ("announced", "field"),
    [
        ({"size": len(BYTES) - 1}, "size"),
        ({"size": len(BYTES) + 1}, "size"),
        ({"size": 0}, "size"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"md5": "0" * 32, "sha256": SHA256}, "md5"),
    ],
)
def test_bytes_that_are_not_those_announced_are_refused_and_gone(
    world: World, place: str, announced: dict[str, Any], field: str
) -> None:
    (world.inbox / "a.fits").write_bytes(BYTES)
    source = upload(world) if place == "upload" else str(world.inbox / "a.fits")
    event = ingest(world, source=source, **announced)
    assert rejected(event)[0] == field
    assert f"announced was {announced[field]}" in rejected(event)[1]
    assert objects(world) == {}
    assert world.count(tables.uploads) == world.count(tables.files) == 0
    (handled,) = world.rows(tables.inbox)
    assert (handled["outcome"], handled["attempt"]) == ("failed", 1)
    assert world.count(tables.failures) == world.count(tables.parked) == 0
    assert world.tally.endings["failed"] == 1


def test_a_refusal_repeats_what_was_asked(world: World) -> None:
    event = ingest(world, source="upload:nothing")
    assert event == FileRejected(
        name=NAME, source="upload:nothing", field="source", reason="nothing is at 'upload:nothing'"
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("upload:", "nothing is at"),
        ("upload:../../etc/passwd", "nothing is at"),
        ("{inbox}/missing.fits", "nothing is at"),
        ("/etc/passwd", "will not read"),
        ("{inbox}/../secret", "will not read"),
        ("file:///etc/passwd", "will not read"),
        ("http://127.0.0.1:1/", "will not read"),
        ("s3://bucket/key", "will not read"),
        ("gopher://x/", "will not read"),
        ("relative.fits", "will not read"),
    ],
)
def test_a_source_that_is_not_allowed_or_not_there_is_refused(
    world: World, source: str, reason: str
) -> None:
    (world.inbox.parent / "secret").write_text("secret")
    event = ingest(world, source=source.format(inbox=world.inbox))
    assert rejected(event)[0] == "source"
    assert rejected(event)[1].startswith(reason)
    assert objects(world) == {}


def test_an_upload_can_be_ingested_once(world: World) -> None:
    source = upload(world)
    assert isinstance(ingest(world, source=source), FileArchived)
    assert rejected(ingest(world, source=source, name="other.fits"))[0] == "source"
