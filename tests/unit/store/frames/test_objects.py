"""Bytes of frames are read by their key wherever they are, and spoken of where they are ours."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.errors import ObjectNotFoundError
from store.file_stores.folder import FolderFileStore
from store.frames.objects import FrameObjects
from store.keys import content_key
from store.objects_local import LocalObjectStore
from store.orphans import alone, content, spoken_of
from store.tables import files, frame_versions, thumbnails
from tests.equipment.frame_posts import md5_of
from tests.equipment.frames import Maker, keep
from tests.equipment.world import World, open_world

DIGEST = "ab" * 32
OTHER = "cd" * 32
LATER = datetime.now(UTC) + timedelta(days=1)
"""Later than anything here, however long the tests before take."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "files").mkdir()
    with open_world(
        [], database_url=f"sqlite:///{tmp_path / 'muniment.db'}", folder=tmp_path
    ) as world:
        world.file_store = FolderFileStore(tmp_path / "files")
        keep(world.database, Maker().frame(pictures=["small"]))
        yield world


@pytest.fixture
def objects(world: World) -> FrameObjects:
    return FrameObjects(world.objects, world.database, world.file_store)


def put(world: World, key: str) -> None:
    with world.objects.create(key) as sink:
        sink.write(b"ours")


def set_version(world: World, **values: object) -> None:
    world.database.run(frame_versions.update().values(**values))


def test_what_the_file_store_has_is_read_by_its_key(
    world: World, objects: FrameObjects, tmp_path: Path
) -> None:
    (tmp_path / "files" / "x.fits").write_bytes(b"theirs")
    set_version(world, path="x.fits", md5=md5_of(b"theirs"))
    with objects.open("frames/uid-11", 2, 3) as stream:
        assert stream.read() == b"eir"
    assert objects.info("frames/uid-11").size == 6
    (tmp_path / "files" / "x.fits").write_bytes(b"others")
    with pytest.raises(ObjectNotFoundError):
        objects.open("frames/uid-11")
    with pytest.raises(ObjectNotFoundError):
        objects.info("frames/nobody")


def test_it_can_only_be_read(objects: FrameObjects) -> None:
    for attempt in (
        lambda: objects.create("frames/uid-11"),
        lambda: objects.delete("frames/uid-11"),
        lambda: objects.move("frames/uid-11", "x"),
        lambda: objects.move("x", "frames/uid-11"),
    ):
        with pytest.raises(ValueError, match="no object of ours"):
            attempt()


def test_all_else_is_as_it_was(world: World, objects: FrameObjects) -> None:
    put(world, "x")
    objects.move("x", "y")
    assert [one.key for one in objects.list("")] == ["y"]
    with objects.open("y") as stream:
        assert stream.read() == b"ours"
    objects.delete("y")
    objects.check()
    assert objects.sweep(LATER) == 0


@pytest.mark.parametrize("table", [frame_versions, thumbnails])
def test_copies_are_spoken_of(world: World, table: object) -> None:
    put(world, content_key(DIGEST))
    found = list(alone(world.database, world.objects, content(), LATER))
    assert [one.key for one in found] == [content_key(DIGEST)]
    world.database.run(table.update().values(object_key=content_key(DIGEST)))  # type: ignore[attr-defined]  # tables
    assert list(alone(world.database, world.objects, content(), LATER)) == []
    assert list(alone(world.database, world.objects, content("ab"), LATER)) == []
    assert spoken_of(world.database, [content_key(DIGEST), content_key(OTHER)]) == {
        content_key(DIGEST)
    }
    world.objects.delete(content_key(DIGEST))
    (gone,) = alone(world.database, world.objects, content("ab"), LATER)
    assert (gone.key, gone.stored) == (content_key(DIGEST), None)


def test_what_the_file_store_has_needs_no_object(world: World) -> None:
    row = {
        "id": "uid-11",
        "name": "x.fits",
        "version": 1,
        "size": 6,
        "sha256": DIGEST,
        "md5": "b" * 32,
        "media_type": "application/fits",
        "metadata": "{}",
        "object_key": "frames/uid-11",
        "archived_at": LATER,
        "archived_by": "x",
        "frame": 1,
    }
    world.database.run(files.insert().values(row))
    assert list(alone(world.database, world.objects, content(), LATER)) == []
    assert spoken_of(world.database, [content_key(DIGEST)]) == set()
    assert isinstance(world.objects, LocalObjectStore)
