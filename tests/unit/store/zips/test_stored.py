"""A stored zip is as long as it says, whatever part of it is asked for, and anybody can read it."""

import io
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.zips.stored import Content, Literal, Member, StoredZip
from tests.equipment.zips import MODIFIED, planned, put_together

CONTENTS = {
    "ocs-2/a.fits": b"SIMPLE  =" * 4000,
    "ocs-2/empty.fits": b"",
    "ocs-2/Größe 象.bin": bytes(range(256)),
    "ocs-2/like a zip": b"PK\x03\x04PK\x07\x08PK\x01\x02PK\x05\x06",
}
DATA = list(CONTENTS.values())
GIB = 1 << 30
LIMIT = 0xFFFFFFFF

contents = st.lists(st.binary(max_size=40), max_size=4)
known_or_not = pytest.mark.parametrize("known", [True, False])


@known_or_not
def test_everything_is_read_back(*, known: bool) -> None:
    plan = planned(CONTENTS, known=known)
    written = put_together(plan, DATA)
    assert (len(written), plan.seekable) == (plan.length, known)
    with ZipFile(io.BytesIO(written)) as file:
        assert file.testzip() is None
        assert {name: file.read(name) for name in file.namelist()} == CONTENTS
        for info in file.infolist():
            assert info.compress_type == ZIP_STORED
            assert info.date_time == MODIFIED.timetuple()[:6]
            assert bool(info.flag_bits & 8) is not known


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
@known_or_not
def test_unzip_finds_no_fault(tmp_path: Path, *, known: bool) -> None:
    path = tmp_path / "stored.zip"
    path.write_bytes(put_together(planned(CONTENTS, known=known), DATA))
    found = subprocess.run(["unzip", "-t", path], capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b"")


def test_a_zip_of_nothing() -> None:
    plan = StoredZip([])
    with ZipFile(io.BytesIO(put_together(plan, []))) as file:
        assert file.namelist() == []
    assert (plan.length, plan.seekable) == (22, True)


@settings(max_examples=50)
@given(contents, st.data())
def test_any_part_is_that_of_the_whole(found: list[bytes], data: st.DataObject) -> None:
    plan = planned({f"ü{number}": one for number, one in enumerate(found)})
    whole = put_together(plan, found)
    start = data.draw(st.integers(0, plan.length))
    stop = data.draw(st.integers(start, plan.length))
    assert put_together(plan, found, start, stop) == whole[start:stop]
    pieces = plan.pieces(start, stop)
    assert list(plan.contents(start, stop)) == [one for one in pieces if isinstance(one, Content)]


def test_every_part_of_a_small_one() -> None:
    # Every edge between two records is met from both sides, and every empty range.
    plan = planned({"a": b"12", "b": b"", "c": b"3"})
    whole = put_together(plan, [b"12", b"", b"3"])
    for start in range(plan.length + 1):
        for stop in {start, min(start + 1, plan.length), plan.length}:
            assert put_together(plan, [b"12", b"", b"3"], start, stop) == whole[start:stop]


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (6, 5), (0, 10_000_000), (10_000_000, None)])
def test_what_is_not_there_cannot_be_had(start: int, stop: int | None) -> None:
    with pytest.raises(ValueError, match="cannot be had"):
        planned(CONTENTS).pieces(start, stop)


@pytest.mark.parametrize(("start", "stop"), [(1, None), (0, 5)])
def test_of_what_is_not_known_no_part_can_be_had(start: int, stop: int | None) -> None:
    plan = planned(CONTENTS, known=False)
    with pytest.raises(ValueError, match="as a whole only"):
        plan.pieces(start, stop)
    with pytest.raises(ValueError, match="as a whole only"):
        plan.contents(start, stop)


def test_a_sum_that_was_not_told_is_missed() -> None:
    pieces = planned({"a": b"1", "b": b"2"}, known=False).pieces()
    assert isinstance(next(pieces), Literal)
    assert next(pieces) == Content(0, 0, 1)
    with pytest.raises(RuntimeError, match="'a' has not been told"):
        next(pieces)


def test_an_empty_member_is_fetched_like_any_other() -> None:
    assert list(planned({"a": b""}).contents()) == [Content(0, 0, 0)]


def test_records_come_together() -> None:
    plan = planned({str(number): b"x" for number in range(2000)})
    literals = [piece for piece in plan.pieces() if isinstance(piece, Literal)]
    assert len(literals) == 2000 + 2
    assert max(len(literal.data) for literal in literals) < 70_000


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'\.\./a' cannot be the name"):
        planned({"../a": b""})
    for size, modified in [(-1, MODIFIED), (0, datetime(2026, 1, 1))]:  # noqa: DTZ001 - refused
        with pytest.raises(ValueError, match="without a zone"):
            StoredZip([Member("a", size, modified, 0)])


def long(plan: StoredZip) -> int:
    """Return how many bytes the pieces have, whose contents are imagined."""
    length = 0
    for piece in plan.pieces():
        if isinstance(piece, Content):
            length += piece.length
            plan.found(piece.member, 1)
        else:
            length += len(piece.data)
    return length


@known_or_not
@pytest.mark.parametrize("sizes", [[LIMIT - 1, 1], [LIMIT, 1], [1, LIMIT + 1, 7 * GIB, 3]])
def test_the_length_of_large_ones_is_known(sizes: list[int], *, known: bool) -> None:
    crc = 1 if known else None
    plan = StoredZip([Member(f"{n}", size, MODIFIED, crc) for n, size in enumerate(sizes)])
    assert long(plan) == plan.length


def test_fields_of_64_bits_are_there_when_they_must() -> None:
    def overhead(size: int) -> int:
        return StoredZip([Member("a", size, MODIFIED, 1)]).length - size

    # Local and central fields, and the two records of 64 bits of a directory that is far away.
    assert overhead(LIMIT) - overhead(LIMIT - 200) == 20 + 20 + 56 + 20
    assert overhead(LIMIT - 200) == overhead(1)
    assert overhead(LIMIT - 1) - overhead(1) == 56 + 20


@known_or_not
def test_a_member_beyond_four_gib_is_found(tmp_path: Path, *, known: bool) -> None:
    small = planned({"far": b"far away"}, known=known).members[0]
    plan = StoredZip([Member("hole", 5 * GIB, MODIFIED, 1 if known else None), small])
    path = tmp_path / "stored.zip"
    with path.open("wb") as file:
        for piece in plan.pieces():
            if isinstance(piece, Literal):
                file.write(piece.data)
            elif piece.member == 0:
                file.seek(piece.length, 1)
                plan.found(0, 1)
            else:
                file.write(b"far away")
                plan.found(1, planned({"far": b"far away"}).members[0].crc32 or 0)
    assert path.stat().st_size == plan.length
    with ZipFile(path) as zip_file:
        assert zip_file.getinfo("hole").file_size == 5 * GIB
        assert zip_file.getinfo("far").header_offset > 5 * GIB
        assert zip_file.read("far") == b"far away"


def test_more_members_than_16_bits_can_count() -> None:
    plan = StoredZip([Member(f"{number:05}", 0, MODIFIED, 0) for number in range(0xFFFF)])
    headers = 30 + 46 + 2 * (5 + 9)
    assert plan.length == 0xFFFF * headers + 98
    (last,) = plan.pieces(plan.length - 98)
    assert isinstance(last, Literal)
    assert last.data[:4] == b"PK\x06\x06"
    assert last.data[32:40] == (0xFFFF).to_bytes(8, "little")
