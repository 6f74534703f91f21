"""A shared folder keeps the promises of `FileStore`, and a few of its own."""

import logging
import os
from pathlib import Path

import pytest

from store.errors import FileStoreUnavailableError, ObjectNotFoundError
from store.file_stores.folder import FolderFileStore
from store.file_stores.ports import Place
from tests.contract.archive.file_stores import PATH, FileStoreContract, Shelf, get
from tests.equipment.archive_bytes import md5_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    root.mkdir()
    return root


@pytest.fixture
def shelf(root: Path) -> Shelf:
    def put(path: str, data: bytes) -> Place:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        return Place(path, md5_of(data))

    return Shelf(FolderFileStore(root), put)


class TestFolderFileStore(FileStoreContract):
    """The promises."""


def test_it_gives_no_url_and_overwrites(shelf: Shelf) -> None:
    place = shelf.put(PATH, b"stars")
    assert shelf.store.url(place, "x.fits", 3600) is None
    assert shelf.store.overwrites


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "", "a\0"])
def test_a_path_that_leads_elsewhere_is_not_there(shelf: Shelf, root: Path, path: str) -> None:
    (root.parent / "secret").write_bytes(b"secret")
    (root / "a").mkdir()
    place = Place(path, md5_of(b"secret"))
    for ask in (shelf.store.open, shelf.store.info):
        with pytest.raises(ObjectNotFoundError):
            ask(place)
    shelf.store.delete(place)
    assert (root.parent / "secret").exists()


def test_links_are_not_followed(shelf: Shelf, root: Path, caplog: pytest.LogCaptureFixture) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    os.mkfifo(root / "fifo")
    for path in ("folder/secret", "file", "fifo"):
        with pytest.raises(ObjectNotFoundError), caplog.at_level(logging.WARNING):
            shelf.store.open(Place(path, ""))
        with pytest.raises(ObjectNotFoundError):
            shelf.store.info(Place(path, ""))
        shelf.store.delete(Place(path, md5_of(b"secret")))
    assert "symbolic link" in caplog.text
    assert list(shelf.store.list()) == []
    assert (outside / "secret").exists()


def test_the_root_may_be_a_link(shelf: Shelf, root: Path) -> None:
    place = shelf.put(PATH, b"stars")
    root.with_name("linked").symlink_to(root)
    assert get(FolderFileStore(root.with_name("linked")), place) == b"stars"


def test_a_folder_that_is_gone_is_not_an_empty_store(shelf: Shelf, root: Path) -> None:
    place = shelf.put(PATH, b"stars")
    root.rename(root.with_name("elsewhere"))
    for ask in (shelf.store.open, shelf.store.info, shelf.store.delete):
        with pytest.raises(FileStoreUnavailableError, match="mounted"):
            ask(place)
    for look in (shelf.store.list, shelf.store.check):
        with pytest.raises(FileStoreUnavailableError, match="mounted"):
            look()


def test_a_file_that_was_cut_short_does_not_end_quietly(shelf: Shelf, root: Path) -> None:
    place = shelf.put(PATH, bytes(1_000_000))
    with shelf.store.open(place) as stream:
        stream.read(10)
        os.truncate(root / PATH, 500_000)
        with pytest.raises(FileStoreUnavailableError, match="500000 bytes too early"):
            stream.read()


def test_what_is_listed_is_in_the_order_of_paths(shelf: Shelf) -> None:
    for path in ("a/b", "a.b", "a-b", "a/a/c", "B"):
        shelf.put(path, b"")
    paths = [one.place.path for one in shelf.store.list()]
    assert paths == sorted(paths, key=str.encode)
