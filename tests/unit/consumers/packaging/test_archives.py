"""A package is a zip file to everybody, and its bytes depend on its contents alone."""

import shutil
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
from consumers.packaging.members import START, Mark, Member

CONTENTS = {
    "resource.csv": [b"_id,v\n", b"1,x\n" * 40_000, b"2,y\n"],
    "empty.csv": [],
    "Größe 象.bin": [bytes(range(256))],
}
GIB = 1 << 30

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
