"""The records of a zip file around the data of its members, APPNOTE.TXT 6.3.

What an archive needs not, it does not get: sizes are known before data are written, so there are no
data descriptors (4.3.9), and the fields of 64 bits (4.5.3) are there only where 32 do not do. Time
stamps are the earliest there is (4.4.6), so that the bytes depend on nothing but content.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
"""Local file header, 4.3.7."""
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
_UTF_8 = 1 << 11
"""General purpose bit: the name is in UTF-8 (4.4.4, appendix D)."""
_DEFLATED = 8
_VERSION, _VERSION_64 = 20, 45
"""Version needed to extract: deflate, and zip64 (4.4.3.2)."""
_UNIX = 3 << 8
"""Version made by: external attributes are those of Unix (4.4.2)."""
_ATTRIBUTES = 0o100644 << 16
"""A regular file that its owner may write and everybody read."""
_TIME, _DATE = 0, 1 << 5 | 1
"""Midnight of 1980-01-01 as MS-DOS has it (4.4.6)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member: `size` bytes of content with this CRC-32, deflated to `packed` bytes."""

    name: str
    size: int
    packed: int
    crc: int


def local_header(entry: Entry) -> bytes:
    """Return what stands before the data of a member."""
    large = max(entry.size, entry.packed) >= _FULL_32
    # Here the extra field holds both sizes or is not there (4.5.3).
    extra = _extra([entry.size, entry.packed] if large else [])
    name, flags = _name(entry)
    fixed = _LOCAL.pack(
        b"PK\x03\x04",
        _VERSION_64 if large else _VERSION,
        flags,
        _DEFLATED,
        _TIME,
        _DATE,
        entry.crc,
        _FULL_32 if large else entry.packed,
        _FULL_32 if large else entry.size,
        len(name),
        len(extra),
    )
    return fixed + name + extra


def directory(entries: Sequence[Entry]) -> bytes:
    """Return what stands after the data of the last of these members."""
    headers = []
    offset = 0
    for entry in entries:
        headers.append(_central_header(entry, offset))
        offset += len(local_header(entry)) + entry.packed
    central = b"".join(headers)
    return central + _end(len(entries), len(central), offset)


def _central_header(entry: Entry, offset: int) -> bytes:
    extra = _extra([value for value in (entry.size, entry.packed, offset) if value >= _FULL_32])
    version = _VERSION_64 if extra else _VERSION
    name, flags = _name(entry)
    fixed = _CENTRAL.pack(
        b"PK\x01\x02",
        _UNIX | version,
        version,
        flags,
        _DEFLATED,
        _TIME,
        _DATE,
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


def _end(count: int, length: int, offset: int) -> bytes:
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
    end = _END.pack(b"PK\x05\x06", 0, 0, few, few, min(length, _FULL_32), min(offset, _FULL_32), 0)
    return large + end


def _extra(values: Sequence[int]) -> bytes:
    if not values:
        return b""
    return struct.pack(f"<2H{len(values)}Q", _ZIP64, 8 * len(values), *values)


def _name(entry: Entry) -> tuple[bytes, int]:
    return entry.name.encode(), 0 if entry.name.isascii() else _UTF_8
