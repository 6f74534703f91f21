"""Objects in a folder keep the promises of `ObjectStore`, and a few of their own."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.errors import ConflictError, ObjectsUnavailableError, SetupError
from store.objects_local import LocalObjectStore
from tests.contract.objects import ObjectStoreContract, get, keys, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def objects(root: Path) -> LocalObjectStore:
    return LocalObjectStore(root)


class TestLocalObjects(ObjectStoreContract):
    """The promises."""


def test_an_object_is_a_file(objects: LocalObjectStore, root: Path) -> None:
    put(objects, "content/ab/x", b"bytes")
    assert (root / "content/ab/x").read_bytes() == b"bytes"
    assert list((root / ".tmp").iterdir()) == []


def test_the_root_may_be_a_link_and_what_is_below_may_not(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (tmp_path / "real").mkdir()
    (tmp_path / "root").symlink_to("real")
    objects = LocalObjectStore(tmp_path / "root")
    put(objects, "a/b", b"")
    (tmp_path / "real/folder").symlink_to(outside)
    (tmp_path / "real/file").symlink_to(outside / "secret")
    for key in ("folder/secret", "file"):
        with pytest.raises(SetupError, match="symbolic link"):
            objects.open(key)
        with pytest.raises(SetupError, match="symbolic link"):
            objects.info(key)
        with pytest.raises(SetupError, match="symbolic link"):
            objects.delete(key)
        with pytest.raises(SetupError, match="symbolic link"):
            put(objects, key, b"")
        with pytest.raises(SetupError, match="symbolic link"):
            objects.move("a/b", key)
    with pytest.raises(SetupError, match="symbolic link"):
        put(objects, "folder/new", b"")
    assert keys(objects) == ["a/b"]
    assert [file.name for file in outside.iterdir()] == ["secret"]


def test_a_key_and_a_folder_cannot_share_a_path(objects: LocalObjectStore) -> None:
    put(objects, "a/b", b"1")
    put(objects, "c", b"2")
    for key in ("a", "a/b/c", "c/d"):
        with pytest.raises(ConflictError, match=f"'{key}'"):
            put(objects, key, b"")
        with pytest.raises(ConflictError, match=f"'{key}'"):
            objects.move("c" if key[0] == "a" else "a/b", key)
    assert keys(objects) == ["a/b", "c"]


def test_sweep_takes_what_has_no_writer_any_more(objects: LocalObjectStore, root: Path) -> None:
    (root / ".tmp/left").write_bytes(b"left by a process that died")
    future = datetime.now(UTC) + timedelta(hours=1)
    with objects.create("x") as sink:
        sink.write(b"still being written")
        assert objects.sweep(future) == 1
    assert get(objects, "x") == b"still being written"
    assert objects.sweep(future) == 0


def test_a_disk_that_is_gone_is_not_an_empty_store(objects: LocalObjectStore, root: Path) -> None:
    put(objects, "x", b"")
    root.rename(root.with_name("elsewhere"))
    root.mkdir()  # the empty folder on which the disk had been mounted
    for ask in (objects.open, objects.info, objects.delete):
        with pytest.raises(ObjectsUnavailableError, match="mounted"):
            ask("x")
    with pytest.raises(ObjectsUnavailableError, match="mounted"):
        objects.check()
    with pytest.raises(ObjectsUnavailableError, match="mounted"):
        put(objects, "y", b"")
    with pytest.raises(ObjectsUnavailableError, match="mounted"):
        objects.move("x", "y")
    with pytest.raises(ObjectsUnavailableError, match="mounted"):
        keys(objects)
    with pytest.raises(ObjectsUnavailableError, match="mounted"):
        objects.sweep(datetime.now(UTC))
    assert list(root.iterdir()) == []


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="choose another"):
        LocalObjectStore(tmp_path / "file" / "objects")


def test_a_file_that_was_cut_short_does_not_end_quietly(
    objects: LocalObjectStore, root: Path
) -> None:
    put(objects, "x", bytes(1_000_000))
    with objects.open("x") as stream:
        stream.read(10)
        os.truncate(root / "x", 500_000)
        with pytest.raises(ObjectsUnavailableError, match="500000 bytes too early"):
            stream.read()
