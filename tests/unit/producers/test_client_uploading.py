"""The body of an upload: read once, as long as announced, and begun again when it must be."""

import hashlib
import io
import os
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import pytest

from producers.uploading import CHUNK, UploadBody
from store.errors import DigestMismatchError, MunimentError

DATA = os.urandom(2 * CHUNK + 17)


def test_a_body_is_the_file_in_pieces_and_knows_its_digest() -> None:
    body = UploadBody(io.BytesIO(DATA))
    assert body.size == len(DATA)
    assert b"".join(body) == DATA
    body.check(hashlib.sha256(DATA).hexdigest())
    with pytest.raises(DigestMismatchError):
        body.check("0" * 64)


def test_a_body_begins_where_the_file_stands() -> None:
    file = io.BytesIO(DATA)
    file.seek(10)
    body = UploadBody(file)
    assert body.size == len(DATA) - 10
    assert b"".join(body) == DATA[10:]


def test_progress_is_told_from_nothing_to_all() -> None:
    told: list[tuple[int, int | None]] = []
    list(UploadBody(io.BytesIO(DATA), lambda done, total: told.append((done, total))))
    total = len(DATA)
    assert told == [(0, total), (CHUNK, total), (2 * CHUNK, total), (total, total)]


def test_a_body_can_be_sent_again_from_its_beginning() -> None:
    body = UploadBody(io.BytesIO(DATA))
    next(iter(body))
    assert body.rewind()
    assert b"".join(body) == DATA
    body.check(hashlib.sha256(DATA).hexdigest())


def test_a_file_that_shrinks_is_noticed_and_not_taken_for_whole(tmp_path: Path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(DATA)
    with path.open("rb", buffering=0) as file:
        body = UploadBody(file)
        os.truncate(path, 100)
        with pytest.raises(MunimentError, match=r"shrinking became shorter .* \(100 of"):
            list(body)


def test_a_file_that_grows_is_sent_as_long_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(DATA)
    with path.open("rb", buffering=0) as file:
        body = UploadBody(file)
        with path.open("ab") as more:
            more.write(b"more")
        assert b"".join(body) == DATA


def write_and_close(sink: BinaryIO) -> None:
    sink.write(b"abc")
    sink.close()


def test_a_pipe_has_no_size_and_is_sent_once() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as source, os.fdopen(writing, "wb") as sink:
        body = UploadBody(source)
        assert body.size is None
        assert body.rewind()
        writer = Thread(target=write_and_close, args=(sink,))
        writer.start()
        assert b"".join(body) == b"abc"
        writer.join()
        assert not body.rewind()
