"""A member is as long as its mark says, whatever happened to the process that wrote it."""

import resource
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import shake_256
from pathlib import Path

import pytest

from consumers.packaging.members import END, PIECE, START, LostMemberError, Mark, Member

SEGMENTS = [b"a", b"first,second\n" * 5000, bytes(3_000_000), shake_256().digest(70_000)]


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """As on a full disk, a write stops in the middle, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "member"


def written(path: Path, segments: list[bytes], mark: Mark = START) -> Mark:
    with Member(path, "member", mark) as member:
        for segment in segments:
            member.write(segment)
        return member.mark


def test_segments_of_any_size_are_read_back_in_small_pieces(path: Path) -> None:
    with Member(path, "resource.csv") as member:
        for segment in SEGMENTS:
            member.write(segment)
        pieces = list(member.content())
        assert b"".join(pieces) == b"".join(SEGMENTS)
        assert max(map(len, pieces)) <= PIECE
        assert member.name == "resource.csv"


def test_a_mark_tells_length_size_and_crc(path: Path) -> None:
    mark = written(path, SEGMENTS)
    whole = b"".join(SEGMENTS)
    assert mark == Mark(path.stat().st_size, len(whole), zlib.crc32(whole))


def test_segments_and_an_end_are_one_stream_to_anybody(path: Path) -> None:
    written(path, SEGMENTS)
    stream = zlib.decompressobj(-15)
    assert stream.decompress(path.read_bytes() + END) == b"".join(SEGMENTS)
    assert stream.eof
    assert not stream.unused_data


def test_nothing_is_appended_for_no_bytes(path: Path) -> None:
    assert written(path, [b"", b""]) == START
    assert path.read_bytes() == b""


def test_a_new_member_is_empty(path: Path) -> None:
    path.write_bytes(b"of an earlier life")
    with Member(path, "member") as member:
        assert list(member.content()) == []
        assert member.mark == START


def test_what_came_after_the_mark_is_forgotten(path: Path, tmp_path: Path) -> None:
    mark = written(path, SEGMENTS[:2])
    written(path, [b"not remembered", *SEGMENTS], mark)
    with path.open("ab") as file:
        file.write(b"half of a segm")
    resumed = written(path, SEGMENTS[2:], mark)
    other = tmp_path / "undisturbed"
    assert resumed == written(other, SEGMENTS)
    assert path.read_bytes() == other.read_bytes()


def test_a_file_that_is_shorter_than_its_mark_is_lost(path: Path) -> None:
    mark = written(path, SEGMENTS)
    with path.open("r+b") as file:
        file.truncate(mark.length - 1)
    with pytest.raises(LostMemberError, match="write it anew") as lost:
        Member(path, "member", mark)
    assert (lost.value.path, lost.value.expected) == (path, mark.length)
    assert lost.value.actual == mark.length - 1


def test_a_file_that_is_gone_is_lost(path: Path) -> None:
    with pytest.raises(LostMemberError):
        Member(path, "member", Mark(1, 1, 0))


def test_a_file_that_is_cut_while_it_is_read_is_lost(path: Path) -> None:
    mark = written(path, SEGMENTS)
    with Member(path, "member", mark) as member:
        with path.open("r+b") as file:
            file.truncate(7)
        with pytest.raises(LostMemberError):
            list(member.segments())


def test_a_write_that_failed_in_the_middle_can_be_tried_again(path: Path, tmp_path: Path) -> None:
    with Member(path, "member") as member:
        member.write(SEGMENTS[1])
        before = member.mark
        with no_file_longer_than(before.length + 1000), pytest.raises(OSError, match="too large"):
            member.write(SEGMENTS[3])
        assert path.stat().st_size == before.length + 1000
        assert member.mark == before
        member.write(SEGMENTS[0])
        member.write(SEGMENTS[3])
        after = member.mark
    assert after == written(tmp_path / "undisturbed", [SEGMENTS[index] for index in (1, 0, 3)])
    assert path.read_bytes() == (tmp_path / "undisturbed").read_bytes()


def test_reading_takes_little_memory_however_much_there_is(path: Path) -> None:
    with Member(path, "member") as member:
        for _ in range(300):
            member.write(SEGMENTS[2][:200_000])
        tracemalloc.start()
        size = sum(map(len, member.content()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert size == member.mark.size == 60_000_000
        assert peak < 5 * PIECE


def test_only_its_owner_can_read_it(path: Path) -> None:
    with Member(path, "member") as member:
        member.write(b"private")
        member.sync()
    assert path.stat().st_mode & 0o777 == 0o600
