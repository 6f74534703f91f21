"""The records of a zip file around the data of its members, APPNOTE.TXT 6.3.

What an archive needs not, it does not get: the fields of 64 bits (4.5.3) are there only where 32
do not do, and a data descriptor (4.3.9) only where the CRC-32 is not known before the data have
passed. A member without a time has the earliest there is (4.4.6), so that its bytes depend on
nothing but content. One with a time has it twice: as MS-DOS had it, to two seconds and in a zone
that nobody can tell, here UTC; and in the "extended timestamp" of Info-ZIP (`extrafld.txt`).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

STORED, DEFLATED = 0, 8
"""Compression methods (4.4.5)."""

_LOCAL = struct.Struct("<4s5H3L2H")
"""Local file header, 4.3.7."""
_DESCRIPTOR, _DESCRIPTOR_64 = struct.Struct("<4s3L"), struct.Struct("<4sL2Q")
"""Data descriptor, 4.3.9, with its signature, which everybody reads and some require."""
_CENTRAL = struct.Struct("<4s6H3L5H2L")
"""Central directory header, 4.3.12."""
_END_64 = struct.Struct("<4sQ2H2L4Q")
"""Zip64 end of central directory record, 4.3.14."""
_LOCATOR_64 = struct.Struct("<4sLQL")
"""Zip64 end of central directory locator, 4.3.15."""
_END = struct.Struct("<4s4H2LH")
"""End of central directory record, 4.3.16."""

_FULL_16 = 0xFFFF
_FULL_32 = 0xFFFFFFFF
"""Says that the value stands in a field of 64 bits (4.4.8, 4.4.16, 4.4.22)."""
_ZIP64 = 0x0001
"""Header ID of the extra field that holds them (4.5.3)."""
_TIMESTAMP = struct.Struct("<2HBl")
"""Extended timestamp: header ID, size, which times there are, and the last change in Unix time."""
_TIMESTAMP_ID, _MODIFIED = 0x5455, 1
_LAST_SECOND = (1 << 31) - 1
_DESCRIBED = 1 << 3
"""General purpose bit: CRC and sizes are in the data descriptor, and zero before it (4.4.4)."""
_UTF_8 = 1 << 11
"""General purpose bit: the name is in UTF-8 (4.4.4, appendix D)."""
_VERSION, _VERSION_64 = 20, 45
"""Version needed to extract: deflate or a folder in a name, and zip64 (4.4.3.2)."""
_UNIX = 3 << 8
"""Version made by: external attributes are those of Unix (4.4.2)."""
_ATTRIBUTES = 0o100644 << 16
"""A regular file that its owner may write and everybody read."""
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""What MS-DOS can count (4.4.6)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: `size` bytes of content with this CRC-32, which take `packed` bytes."""

    name: str
    size: int
    packed: int
    crc: int
    method: int = DEFLATED
    modified: datetime | None = None
    """Aware; None: the earliest there is."""
    described: bool = False
    """Whether a data descriptor follows the data. If so, `crc` does not show before it."""


def local_header(entry: Entry) -> bytes:
    """Return what stands before the data of a member."""
    large = _is_large(entry)
    crc, packed, size = (0, 0, 0) if entry.described else (entry.crc, entry.packed, entry.size)
    # Here the field of 64 bits holds both sizes or is not there (4.5.3).
    extra = _zip64([size, packed] if large else []) + _timestamp(entry)
    name = entry.name.encode()
    fixed = _LOCAL.pack(
        b"PK\x03\x04",
        _VERSION_64 if large else _VERSION,
        _flags(entry),
        entry.method,
        *_dos(entry),
        crc,
        _FULL_32 if large else packed,
        _FULL_32 if large else size,
        len(name),
        len(extra),
    )
    return fixed + name + extra


def descriptor(entry: Entry) -> bytes:
    """Return what stands after the data of a member; nothing unless it is `described`."""
    if not entry.described:
        return b""
    kind = _DESCRIPTOR_64 if _is_large(entry) else _DESCRIPTOR
    return kind.pack(b"PK\x07\x08", entry.crc, entry.packed, entry.size)


def directory(entries: Sequence[Entry]) -> bytes:
    """Return what stands after the last of these members."""
    headers = []
    offset = 0
    for entry in entries:
        headers.append(central_header(entry, offset))
        offset += len(local_header(entry)) + entry.packed + len(descriptor(entry))
    central = b"".join(headers)
    return central + end(len(entries), len(central), offset)


def central_header(entry: Entry, offset: int) -> bytes:
    """Return what the directory says of a member whose local header begins at `offset`."""
    large = _zip64([value for value in (entry.size, entry.packed, offset) if value >= _FULL_32])
    version = _VERSION_64 if large else _VERSION
    extra = large + _timestamp(entry)
    name = entry.name.encode()
    fixed = _CENTRAL.pack(
        b"PK\x01\x02",
        _UNIX | version,
        version,
        _flags(entry),
        entry.method,
        *_dos(entry),
        entry.crc,
        min(entry.packed, _FULL_32),
        min(entry.size, _FULL_32),
        len(name),
        len(extra),
        0,  # no comment
        0,  # on the first disk
        0,  # not known to be text
        _ATTRIBUTES,
        min(offset, _FULL_32),
    )
    return fixed + name + extra


def end(count: int, length: int, offset: int) -> bytes:
    """Return the end of an archive whose directory has `length` bytes and begins at `offset`."""
    large = b""
    if count >= _FULL_16 or max(length, offset) >= _FULL_32:
        rest = _END_64.size - 12  # this size does not count itself, nor the signature (4.3.14.1)
        version = _VERSION_64
        large = _END_64.pack(
            b"PK\x06\x06", rest, _UNIX | version, version, 0, 0, count, count, length, offset
        )
        large += _LOCATOR_64.pack(b"PK\x06\x07", 0, offset + length, 1)
    few = min(count, _FULL_16)
    last = _END.pack(b"PK\x05\x06", 0, 0, few, few, min(length, _FULL_32), min(offset, _FULL_32), 0)
    return large + last


def _is_large(entry: Entry) -> bool:
    return max(entry.size, entry.packed) >= _FULL_32


def _flags(entry: Entry) -> int:
    utf_8 = 0 if entry.name.isascii() else _UTF_8
    return utf_8 | (_DESCRIBED if entry.described else 0)


def _zip64(values: Sequence[int]) -> bytes:
    if not values:
        return b""
    return struct.pack(f"<2H{len(values)}Q", _ZIP64, 8 * len(values), *values)


def _timestamp(entry: Entry) -> bytes:
    seconds = -1 if entry.modified is None else int(entry.modified.timestamp())
    if not 0 <= seconds <= _LAST_SECOND:
        return b""
    return _TIMESTAMP.pack(_TIMESTAMP_ID, _TIMESTAMP.size - 4, _MODIFIED, seconds)


def _dos(entry: Entry) -> tuple[int, int]:
    """Return the time and the date as MS-DOS has them (4.4.6), the nearest that it can say."""
    moment = entry.modified.astimezone(UTC) if entry.modified else None
    if moment is None or moment.year < _FIRST_YEAR:
        return 0, 1 << 5 | 1
    if moment.year > _LAST_YEAR:
        return 23 << 11 | 59 << 5 | 29, (_LAST_YEAR - _FIRST_YEAR) << 9 | 12 << 5 | 31
    time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
    return time, (moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
