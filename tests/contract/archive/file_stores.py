# ruff: noqa: D102 - a test's name is its sentence
"""What every file store must do that keeps anything, written once over the port.

A back end inherits `FileStoreContract` and gives the fixture `stored`: a store, and a client of it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from store.errors import ObjectNotFoundError
from store.file_stores.ports import FileStore, Place

PATH = "tst/kb27/20240304/raw/tst1m0a-kb27-20240304-0001-e00.fits.fz"


class Put(Protocol):
    """How a client of the store puts bytes there."""

    def __call__(self, path: str, data: bytes) -> Place:
        """Return where they are."""
        ...


@dataclass(frozen=True)
class Shelf:
    """A file store, and how its clients put bytes there."""

    store: FileStore
    put: Put


def get(store: FileStore, place: Place, start: int = 0, length: int | None = None) -> bytes:
    with store.open(place, start, length) as stream:
        return stream.read()


class FileStoreContract:
    """The promises of the port `FileStore`, each as a test."""

    def test_bytes_come_back(self, shelf: Shelf) -> None:
        place = shelf.put(PATH, b"stars")
        assert get(shelf.store, place) == b"stars"

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (0, 0, b""),
            (8, 100, b"89"),
            (10, None, b""),
            (11, 5, b""),
        ],
    )
    def test_a_range(self, shelf: Shelf, start: int, length: int | None, expected: bytes) -> None:
        place = shelf.put(PATH, b"0123456789")
        assert get(shelf.store, place, start, length) == expected

    def test_what_is_there_is_described(self, shelf: Shelf) -> None:
        place = shelf.put(PATH, b"stars")
        found = shelf.store.info(place)
        assert (found.place, found.size) == (place, 5)
        assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=5)

    def test_what_is_not_there(self, shelf: Shelf) -> None:
        there = shelf.put(PATH, b"stars")
        for path in ("nothing", "tst/kb27", f"{PATH}/more", "a" * 300, "ä/ö.fits"):
            with pytest.raises(ObjectNotFoundError):
                shelf.store.open(Place(path, there.key))
            with pytest.raises(ObjectNotFoundError):
                shelf.store.info(Place(path, there.key))

    def test_delete_and_again(self, shelf: Shelf) -> None:
        place, other = shelf.put(PATH, b"stars"), shelf.put("tst/other.fits", b"more stars")
        shelf.store.delete(place)
        shelf.store.delete(place)
        shelf.store.delete(Place("never/was", place.key))
        with pytest.raises(ObjectNotFoundError):
            shelf.store.open(place)
        assert get(shelf.store, other) == b"more stars"

    def test_deleting_the_old_leaves_the_new(self, shelf: Shelf) -> None:
        old, new = shelf.put(PATH, b"old"), shelf.put(PATH, b"new")
        shelf.store.delete(old)
        assert get(shelf.store, new) == b"new"

    def test_a_list_has_all_there_is(self, shelf: Shelf) -> None:
        paths = ["a/x.fits", "a/y/z.fits", "b.fits", "ä b+c%20/ü.fits"]
        for path in reversed(paths):
            shelf.put(path, path.encode())
        found = list(shelf.store.list())
        assert [one.place.path for one in found] == paths
        assert [one.size for one in found] == [len(path.encode()) for path in paths]

    def test_there_may_be_nothing(self, shelf: Shelf) -> None:
        assert list(shelf.store.list()) == []

    def test_check_passes(self, shelf: Shelf) -> None:
        shelf.store.check()
