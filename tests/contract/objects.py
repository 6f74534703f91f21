# ruff: noqa: D102 - a test's name is its sentence
"""What every object store must do, written once over the port.

A back end inherits `ObjectStoreContract` and gives the fixture `objects`, an empty store.
"""

import hashlib
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from store.errors import ConflictError, ObjectNotFoundError
from store.ports import ObjectStore

MIB = 1024 * 1024
PART_SIZE = 5 * MIB
"""Part size that a store of parts is given here."""
CHUNK = bytes(range(256)) * 256
"""64 KiB."""


def put(objects: ObjectStore, key: str, data: bytes) -> None:
    with objects.create(key) as sink:
        assert sink.write(data) == len(data)


def get(objects: ObjectStore, key: str, start: int = 0, length: int | None = None) -> bytes:
    with objects.open(key, start, length) as stream:
        return stream.read()


def keys(objects: ObjectStore, prefix: str = "") -> list[str]:
    return [info.key for info in objects.list(prefix)]


def chunks(count: int) -> Iterator[bytes]:
    """Yield 64 KiB blocks that all differ."""
    for number in range(count):
        yield number.to_bytes(4) + CHUNK[4:]


class SenderGoneError(Exception):
    """Whoever sent the bytes went away."""


def interrupt(objects: ObjectStore, key: str, size: int) -> None:
    """Begin an object, and fail for a reason of our own after `size` bytes."""
    with objects.create(key) as sink:
        sink.write(bytes(size))
        raise SenderGoneError


class ObjectStoreContract:
    """The promises of the port `ObjectStore`, each as a test."""

    def test_bytes_come_back(self, objects: ObjectStore) -> None:
        put(objects, "content/ab/x", b"some bytes")
        assert get(objects, "content/ab/x") == b"some bytes"

    def test_an_object_may_be_empty(self, objects: ObjectStore) -> None:
        with objects.create("empty"):
            pass
        assert get(objects, "empty") == b""
        assert objects.info("empty").size == 0

    def test_many_small_writes_make_one_object(self, objects: ObjectStore) -> None:
        with objects.create("x") as sink:
            for number in range(1000):
                sink.write(b"%03d" % number)
        assert get(objects, "x") == b"".join(b"%03d" % number for number in range(1000))

    def test_nothing_is_there_before_the_block_ends(self, objects: ObjectStore) -> None:
        with objects.create("x") as sink:
            sink.write(b"early")
            with pytest.raises(ObjectNotFoundError):
                objects.info("x")
            assert keys(objects) == []
        assert keys(objects) == ["x"]

    @pytest.mark.parametrize("size", [0, 10, 3 * PART_SIZE])
    def test_nothing_is_there_when_the_block_raises(self, objects: ObjectStore, size: int) -> None:
        with pytest.raises(SenderGoneError):
            interrupt(objects, "x", size)
        with pytest.raises(ObjectNotFoundError) as caught:
            objects.open("x")
        assert caught.value.key == "x"
        assert keys(objects) == []
        put(objects, "x", b"second try")
        assert get(objects, "x") == b"second try"

    def test_the_first_writer_wins(self, objects: ObjectStore) -> None:
        put(objects, "x", b"first")
        put(objects, "x", b"second")
        assert get(objects, "x") == b"first"

    @pytest.mark.parametrize("size", [100, 2 * PART_SIZE + 1])
    def test_bytes_that_came_second_leave_nothing_behind(
        self, objects: ObjectStore, size: int
    ) -> None:
        put(objects, "x", bytes(size))
        put(objects, "x", bytes(size))
        assert objects.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 0

    @pytest.mark.parametrize("size", [100, 2 * PART_SIZE + 1])
    def test_the_first_of_two_concurrent_writers_wins(
        self, objects: ObjectStore, size: int
    ) -> None:
        both_have_written = Barrier(2, timeout=60)

        def write(byte: bytes) -> None:
            with objects.create("x") as sink:
                sink.write(byte * size)
                both_have_written.wait()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(write, [b"a", b"b"]))
        assert get(objects, "x") in {b"a" * size, b"b" * size}
        assert keys(objects) == ["x"]

    def test_a_writer_who_comes_while_another_writes_loses_to_the_one_that_ends_first(
        self, objects: ObjectStore
    ) -> None:
        with objects.create("x") as slow:
            slow.write(b"slow")
            put(objects, "x", b"quick")
        assert get(objects, "x") == b"quick"

    def test_large_objects_are_whole_and_memory_stays_flat(self, objects: ObjectStore) -> None:
        sent, received, count = hashlib.sha256(), hashlib.sha256(), 16 * 3 * 5 + 1
        put(objects, "warm-up", b"imports and connections are not what is measured")
        tracemalloc.start()
        with objects.create("large") as sink:
            for chunk in chunks(count):
                sent.update(chunk)
                sink.write(chunk)
        with objects.open("large") as stream:
            while chunk := stream.read(MIB):
                received.update(chunk)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert received.digest() == sent.digest()
        assert objects.info("large").size == count * len(CHUNK)
        assert peak < 2.5 * PART_SIZE

    @pytest.mark.parametrize(
        ("start", "length", "expected"),
        [
            (0, None, b"0123456789"),
            (3, None, b"3456789"),
            (3, 4, b"3456"),
            (0, 0, b""),
            (5, 0, b""),
            (8, 100, b"89"),
            (10, None, b""),
            (11, 5, b""),
        ],
    )
    def test_a_range(
        self, objects: ObjectStore, start: int, length: int | None, expected: bytes
    ) -> None:
        put(objects, "x", b"0123456789")
        assert get(objects, "x", start, length) == expected

    def test_a_range_of_an_empty_object_is_empty(self, objects: ObjectStore) -> None:
        put(objects, "x", b"")
        assert get(objects, "x", 0, 10) == b""

    @pytest.mark.parametrize(("start", "length"), [(-1, None), (0, -1)])
    def test_a_range_cannot_be_negative(
        self, objects: ObjectStore, start: int, length: int | None
    ) -> None:
        put(objects, "x", b"0123456789")
        with pytest.raises(ValueError, match="negative"):
            objects.open("x", start, length)

    def test_a_range_of_what_is_not_there(self, objects: ObjectStore) -> None:
        with pytest.raises(ObjectNotFoundError):
            objects.open("x", 0, 0)

    def test_a_stream_can_be_left_unread(self, objects: ObjectStore) -> None:
        put(objects, "x", bytes(MIB))
        with objects.open("x") as stream:
            assert stream.read(10) == bytes(10)
        assert stream.closed

    def test_info(self, objects: ObjectStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)  # S3 tells whole seconds
        put(objects, "a/b", b"12345")
        info = objects.info("a/b")
        assert (info.key, info.size) == ("a/b", 5)
        assert info.modified.utcoffset() == timedelta(0)
        assert before <= info.modified <= datetime.now(UTC) + timedelta(seconds=2)

    def test_a_folder_is_no_object(self, objects: ObjectStore) -> None:
        put(objects, "a/b", b"")
        with pytest.raises(ObjectNotFoundError):
            objects.info("a")
        with pytest.raises(ObjectNotFoundError):
            objects.open("a")
        objects.delete("a")
        assert keys(objects) == ["a/b"]

    def test_nothing_is_below_an_object(self, objects: ObjectStore) -> None:
        put(objects, "a", b"")
        with pytest.raises(ObjectNotFoundError):
            objects.info("a/b")
        assert keys(objects, "a/") == []

    def test_list_in_key_order_by_prefix(self, objects: ObjectStore) -> None:
        stored = ["a/1", "a/2/x", "a/20", "b", "staging/0", "staging/1", "\u00e9t\u00e9"]
        for key in reversed(stored):
            put(objects, key, key.encode())
        assert keys(objects) == stored
        assert keys(objects, "a/2") == ["a/2/x", "a/20"]
        assert keys(objects, "staging/") == ["staging/0", "staging/1"]
        assert keys(objects, "a/2/x") == ["a/2/x"]
        assert keys(objects, "c") == []
        assert keys(objects, "no/such/folder/") == []
        assert [info.size for info in objects.list("a/2/")] == [5]
        assert list(objects.list("b")) == [objects.info("b")]

    def test_list_of_nothing(self, objects: ObjectStore) -> None:
        assert keys(objects) == []

    def test_move(self, objects: ObjectStore) -> None:
        put(objects, "staging/1", b"bytes")
        objects.move("staging/1", "content/ab/cd/x")
        assert get(objects, "content/ab/cd/x") == b"bytes"
        assert keys(objects) == ["content/ab/cd/x"]

    def test_move_of_several_parts(self, objects: ObjectStore) -> None:
        data = b"".join(chunks(16 * 11))
        put(objects, "staging/1", data)
        objects.move("staging/1", "content/x")
        assert get(objects, "content/x") == data

    def test_move_again_changes_nothing(self, objects: ObjectStore) -> None:
        put(objects, "a", b"bytes")
        objects.move("a", "b")
        objects.move("a", "b")
        assert get(objects, "b") == b"bytes"
        assert keys(objects) == ["b"]

    def test_move_that_was_interrupted_before_the_source_went_is_finished(
        self, objects: ObjectStore
    ) -> None:
        put(objects, "a", b"bytes")
        put(objects, "b", b"bytes")
        objects.move("a", "b")
        assert keys(objects) == ["b"]

    def test_move_to_itself_keeps_the_object(self, objects: ObjectStore) -> None:
        put(objects, "a", b"bytes")
        objects.move("a", "a")
        assert get(objects, "a") == b"bytes"

    def test_move_keeps_the_first_object(self, objects: ObjectStore) -> None:
        put(objects, "a", b"second")
        put(objects, "b", b"first!")
        objects.move("a", "b")
        assert get(objects, "b") == b"first!"
        assert keys(objects) == ["b"]

    def test_move_onto_other_bytes_loses_neither(self, objects: ObjectStore) -> None:
        put(objects, "a", b"other bytes")
        put(objects, "b", b"bytes")
        with pytest.raises(ConflictError, match="'b'"):
            objects.move("a", "b")
        assert get(objects, "a") == b"other bytes"
        assert get(objects, "b") == b"bytes"

    @pytest.mark.parametrize("to", ["b", "a"])
    def test_move_of_nothing(self, objects: ObjectStore, to: str) -> None:
        with pytest.raises(ObjectNotFoundError) as caught:
            objects.move("a", to)
        assert caught.value.key == "a"
        assert keys(objects) == []

    def test_two_may_move_the_same_object(self, objects: ObjectStore) -> None:
        put(objects, "a", b"bytes")
        together = Barrier(4, timeout=60)

        def move(_: int) -> None:
            together.wait()
            objects.move("a", "b")

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(move, range(4)))
        assert get(objects, "b") == b"bytes"
        assert keys(objects) == ["b"]

    def test_delete_and_again(self, objects: ObjectStore) -> None:
        put(objects, "a/b", b"")
        put(objects, "a/c", b"")
        objects.delete("a/b")
        objects.delete("a/b")
        objects.delete("never/was")
        assert keys(objects) == ["a/c"]
        with pytest.raises(ObjectNotFoundError):
            objects.info("a/b")

    def test_what_was_deleted_can_be_created_again(self, objects: ObjectStore) -> None:
        put(objects, "a", b"old")
        objects.delete("a")
        put(objects, "a", b"new")
        assert get(objects, "a") == b"new"

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a\\b",
            "a\0b",
            "a\nb",
            "e\u0301",
            "\udc80",
            ".tmp/a",
            "x" * 256,
            "x/" * 600 + "x",
        ],
    )
    def test_a_key_that_could_mean_another_place_is_refused(
        self, objects: ObjectStore, key: str
    ) -> None:
        put(objects, "a", b"")
        with pytest.raises(ValueError, match="object key"), objects.create(key):
            pytest.fail("the block must not run")
        for ask in (objects.open, objects.info, objects.delete):
            with pytest.raises(ValueError, match="object key"):
                ask(key)
        for source, target in ((key, "b"), ("a", key)):
            with pytest.raises(ValueError, match="object key"):
                objects.move(source, target)
        assert keys(objects) == ["a"]

    @pytest.mark.parametrize("prefix", ["../", "/", "a/../b", ".tmp/"])
    def test_a_prefix_of_no_key_is_refused(self, objects: ObjectStore, prefix: str) -> None:
        with pytest.raises(ValueError, match="object key"):
            objects.list(prefix)

    @pytest.mark.parametrize(
        "key", ["a b+c%20d", "x?y#z", "~tilde", "1.2.3", "a..b", "-", "\u2603"]
    )
    def test_keys_may_be_odd(self, objects: ObjectStore, key: str) -> None:
        put(objects, key, b"1")
        assert get(objects, key) == b"1"
        assert keys(objects) == [key]
        objects.move(key, key + key)
        assert keys(objects, key) == [key + key]

    def test_sweep_spares_what_is_young_and_what_is_whole(self, objects: ObjectStore) -> None:
        put(objects, "whole", b"")
        with objects.create("young") as sink:
            sink.write(bytes(PART_SIZE + 1))
            assert objects.sweep(datetime.now(UTC) - timedelta(minutes=1)) == 0
        assert keys(objects) == ["whole", "young"]
        with pytest.raises(SenderGoneError):
            interrupt(objects, "gone", PART_SIZE + 1)
        assert objects.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 0

    def test_check_passes_and_leaves_nothing(self, objects: ObjectStore) -> None:
        objects.check()
        objects.check()
        assert keys(objects) == []
        assert objects.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 0
