"""A package is a zip file to everybody, and its bytes depend on its contents alone."""

import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import shake_256
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from isal import isal_zlib

from consumers.packaging.archives import archive, archive_size
from consumers.packaging.members import END, START, Mark, Member
from consumers.packaging.zip_records import Entry, directory, local_header

CONTENTS = {
    "resource.csv": [b"_id,v\n", b"1,x\n" * 40_000, b"2,y\n"],
    "empty.csv": [],
    "Größe 象.bin": [bytes(range(256))],
}
GIB = 1 << 30
LIMIT = 0xFFFFFFFF

needs_unzip = pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")


@contextmanager
def members(folder: Path, contents: dict[str, list[bytes]] = CONTENTS) -> Iterator[list[Member]]:
    folder.mkdir(exist_ok=True)
    opened = [Member(folder / str(number), name) for number, name in enumerate(contents)]
    for member in opened:
        for segment in contents[member.name]:
            member.write(segment)
    yield opened
    for member in opened:
        member.close()


def store(path: Path, opened: Sequence[Member]) -> Path:
    with path.open("wb") as file:
        file.writelines(archive(opened))
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    with members(tmp_path / "members") as opened:
        path = store(tmp_path / "package.zip", opened)
        assert path.stat().st_size == archive_size(opened)
    return path


def test_everything_is_read_back(package: Path) -> None:
    with ZipFile(package) as file:
        assert file.testzip() is None
        found = {name: file.read(name) for name in file.namelist()}
    assert found == {name: b"".join(segments) for name, segments in CONTENTS.items()}


@needs_unzip
def test_unzip_finds_no_fault(package: Path) -> None:
    found = subprocess.run(["unzip", "-t", package], capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b"")


def test_an_archive_needs_no_more_than_it_must(package: Path) -> None:
    with ZipFile(package) as file:
        for info in file.infolist():
            assert info.compress_type == ZIP_DEFLATED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.external_attr >> 16 == 0o100644
            assert (info.extract_version, info.extra) == (20, b"")
            assert info.flag_bits == (0 if info.filename.isascii() else 0x800)


def test_equal_contents_are_equal_bytes(package: Path, tmp_path: Path) -> None:
    with members(tmp_path / "others") as opened:
        assert store(tmp_path / "again.zip", opened).read_bytes() == package.read_bytes()


def test_a_package_of_nothing_is_a_zip_file(tmp_path: Path) -> None:
    with ZipFile(store(tmp_path / "package.zip", [])) as file:
        assert file.namelist() == []


def test_a_name_occurs_once(tmp_path: Path) -> None:
    one, other = (Member(tmp_path / name, "resource.csv") for name in ("one", "other"))
    with one, other, pytest.raises(ValueError, match="occurs twice"):
        list(archive([one, other]))


def test_pieces_are_small(tmp_path: Path) -> None:
    contents = {"noise": [shake_256().digest(3_000_000)], "more": [b"x"]}
    with members(tmp_path / "members", contents) as opened:
        assert max(map(len, archive(opened))) == 1 << 20


def test_content_beyond_four_gib_is_told_in_64_bits(tmp_path: Path) -> None:
    # One segment over and over is as good as many that were written.
    path = tmp_path / "zeros"
    zeros = bytes(GIB // 8)
    with Member(path, "zeros") as member:
        member.write(zeros)
        one = member.mark
    crc = zlib.crc32(b"")
    with path.open("ab") as file:
        for _ in range(33):
            crc = isal_zlib.crc32_combine(crc, one.crc, one.size)
            file.write(path.read_bytes()[: one.length])
    mark = Mark(33 * one.length, 33 * one.size, crc)
    with Member(path, "zeros", mark) as large, Member(tmp_path / "s", "small", START) as small:
        small.write(b"after it")
        package = store(tmp_path / "package.zip", [large, small])
        assert package.stat().st_size == archive_size([large, small])
    with ZipFile(package) as file:
        info = file.getinfo("zeros")
        assert (info.file_size, info.extract_version) == (33 * GIB // 8, 45)
        with file.open("zeros") as content:
            assert content.read(1000) == bytes(1000)
        assert file.read("small") == b"after it"
        assert file.getinfo("small").extract_version == 20


def sparse(path: Path, entries: Sequence[Entry], data: bytes) -> Path:
    """Write an archive whose last entry has these data, and whose others are holes."""
    with path.open("wb") as file:
        for entry in entries:
            file.write(local_header(entry))
            file.seek(entry.packed, 1)
        file.seek(-len(data), 1)
        file.write(data)
        file.write(directory(entries))
    return path


def test_a_member_beyond_four_gib_is_found(tmp_path: Path) -> None:
    data = zlib.compress(b"far away", wbits=-15)
    entries = [
        Entry("hole", 6 * GIB, 5 * GIB, 1),
        Entry("other hole", 10, LIMIT - 1, 2),
        Entry("far", 8, len(data), zlib.crc32(b"far away")),
    ]
    path = sparse(tmp_path / "package.zip", entries, data)
    with ZipFile(path) as file:
        assert file.read("far") == b"far away"
        found = [(info.filename, info.file_size, info.compress_size) for info in file.infolist()]
        assert file.getinfo("hole").header_offset == 0
    assert found == [(entry.name, entry.size, entry.packed) for entry in entries]
    if shutil.which("unzip"):
        command = ["unzip", "-p", str(path), "far"]
        assert subprocess.run(command, capture_output=True, check=True).stdout == b"far away"


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT, LIMIT + 1])
def test_fields_of_64_bits_begin_where_32_end(tmp_path: Path, size: int) -> None:
    entries = [Entry("hole", 1, size, 1), Entry("last", 0, len(END), 0)]
    with ZipFile(sparse(tmp_path / "package.zip", entries, END)) as file:
        assert file.getinfo("hole").compress_size == size
        assert file.getinfo("hole").extract_version == (20 if size < LIMIT else 45)
        assert file.read("last") == b""


def test_the_records_of_64_bits_are_where_they_should_be() -> None:
    # Python's own reader looks at few of these values.
    large = Entry("large", 5 * GIB, 6 * GIB, 1)
    assert local_header(large)[-20:] == struct.pack("<2H2Q", 1, 16, 5 * GIB, 6 * GIB)
    entries = [large] * 0xFFFF
    records = directory(entries)
    start = 0xFFFF * (len(local_header(large)) + large.packed)
    length = len(records) - 98
    assert records[-98:] == (
        struct.pack("<4sQ2H2L", b"PK\x06\x06", 44, 45 | 3 << 8, 45, 0, 0)
        + struct.pack("<4Q", 0xFFFF, 0xFFFF, length, start)
        + struct.pack("<4sLQL", b"PK\x06\x07", 0, start + length, 1)
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, length, LIMIT, 0)
    )


def test_more_members_than_16_bits_can_count_are_counted() -> None:
    entry = Entry("a", 0, len(END), 0)
    assert b"PK\x06\x06" not in directory([entry] * 0xFFFE)[-98:]
    assert directory([entry] * 0xFFFF)[-98:-94] == b"PK\x06\x06"
