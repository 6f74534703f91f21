"""The records around the data of a zip's members are as APPNOTE.TXT has them, and found again."""

import shutil
import struct
import subprocess
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zipfile import ZipFile

import pytest

from store.zips.records import STORED, Entry, central_header, descriptor, directory, local_header

GIB = 1 << 30
LIMIT = 0xFFFFFFFF
END = b"\x03\x00"
"""A deflate stream of nothing."""


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


def test_a_time_is_told_to_the_second_and_in_utc() -> None:
    moment = datetime(2026, 3, 5, 23, 59, 59, tzinfo=timezone(timedelta(hours=-7)))
    entry = Entry("a", 0, 0, 0, STORED, moment)
    dos = struct.pack("<2H", 6 << 11 | 59 << 5 | 29, 46 << 9 | 3 << 5 | 6)
    timestamp = struct.pack("<2sHBl", b"UT", 5, 1, int(moment.timestamp()))
    assert local_header(entry)[10:14] == dos
    assert central_header(entry, 0)[12:16] == dos
    assert local_header(entry).endswith(b"a" + timestamp)
    assert central_header(entry, 0).endswith(b"a" + timestamp)


@pytest.mark.parametrize(
    ("year", "told", "extra"),
    [
        (1969, (1980, 1, 1, 0, 0, 0), 0),
        (1979, (1980, 1, 1, 0, 0, 0), 9),
        (2040, (2040, 12, 31, 23, 59, 58), 0),
        (2108, (2107, 12, 31, 23, 59, 58), 0),
    ],
)
def test_a_time_that_cannot_be_told_is_told_as_nearly_as_can_be(
    tmp_path: Path, year: int, told: tuple[int, ...], extra: int
) -> None:
    moment = datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    entry = Entry("a", 8, 8, zlib.crc32(b"far away"), STORED, moment)
    with ZipFile(sparse(tmp_path / "a.zip", [entry], b"far away")) as file:
        (info,) = file.infolist()
        assert (info.date_time, len(info.extra)) == (told, extra)
        assert file.read("a") == b"far away"


def test_what_is_told_after_the_data_is_not_told_before() -> None:
    small = Entry("a", 5, 5, 0xABCD, STORED, described=True)
    assert local_header(small) == (
        struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 8, STORED, 0, 33, 0, 0, 0, 1, 0) + b"a"
    )
    assert descriptor(small) == struct.pack("<4s3L", b"PK\x07\x08", 0xABCD, 5, 5)
    large = Entry("a", 5 * GIB, 5 * GIB, 0xABCD, STORED, described=True)
    assert local_header(large)[14:] == (
        struct.pack("<3L2H", 0, LIMIT, LIMIT, 1, 20) + b"a" + struct.pack("<2H2Q", 1, 16, 0, 0)
    )
    assert descriptor(large) == struct.pack("<4sL2Q", b"PK\x07\x08", 0xABCD, 5 * GIB, 5 * GIB)
    assert descriptor(Entry("a", 5, 5, 0xABCD, STORED)) == b""
