"""Pieces of bytes are read as any file is."""

from io import BufferedReader, BytesIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.packaging.streams import Pieces, pieces_of


@given(st.lists(st.binary(max_size=50)), st.integers(1, 30))
def test_what_is_read_is_what_was_given(pieces: list[bytes], size: int) -> None:
    file = Pieces(iter(pieces))
    read = []
    while piece := file.read(size):
        assert len(piece) <= size
        read.append(piece)
    assert b"".join(read) == b"".join(pieces)
    assert file.read(size) == b""


def test_a_piece_is_asked_for_when_the_one_before_has_been_read() -> None:
    given_out = []

    def pieces() -> list[bytes]:
        return [b"ab", b"", b"cd"]

    file = Pieces(given_out.append(piece) or piece for piece in pieces())  # type: ignore[func-returns-value]
    assert file.readable()
    assert not file.writable()
    assert file.read(1) == b"a"
    assert given_out == [b"ab"]
    assert file.read(1) == b"b"
    assert given_out == [b"ab"]
    assert file.read(9) == b"cd"


def test_lines_are_read_across_pieces() -> None:
    raw = Pieces(iter([b"\xc3", b"\xbcber\nz", b"wei\r\n", b"drei"]))
    with TextIOWrapper(BufferedReader(raw), "utf-8", newline="") as text:
        assert list(text) == ["über\n", "zwei\r\n", "drei"]


def test_an_error_of_the_iterator_is_the_readers() -> None:
    def broken() -> "list[bytes]":
        raise LookupError

    with pytest.raises(LookupError):
        Pieces(piece for one in [0] for piece in broken()).read(1)


@pytest.mark.parametrize("size", [0, 1, 1 << 17, (1 << 19) - 1, 1 << 19, (1 << 20) + 1])
def test_a_file_comes_in_pieces_of_half_a_mebibyte(size: int) -> None:
    pieces = list(pieces_of(BytesIO(bytes(size))))
    assert b"".join(pieces) == bytes(size)
    assert {len(piece) for piece in pieces[:-1]} <= {1 << 19}
    assert all(pieces)
