"""A member of a package under construction, which outlives the process that writes it.

What is written is compressed on its own, as one *segment*: deflate blocks that look back at nothing
before them, the last of them empty, so that the segment ends at a byte (RFC 1951 section 3.2.4).
Segments in a row are one deflate stream that lacks its end. So a member that is cut at a *mark* and
written on holds the same bytes as one that was never cut.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from isal import isal_zlib

from store.errors import MunimentError

PIECE = 1 << 20
"""Bytes that are in memory at once, at most, when a member is read."""
END = b"\x03\x00"
"""An empty block that says it is the last: what turns segments into a whole deflate stream.

RFC 1951 section 3.2.3: BFINAL 1, BTYPE 01, and the code of the end of block, seven zero bits.
"""

_LEVEL = 1
_RAW = -15
"""Window of 32 KiB, neither header nor trailer."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a member has come: `length` bytes on disk that hold `size` bytes of content.

    `crc` is the CRC-32 of the content (ISO 3309, as in APPNOTE.TXT 4.4.7).
    """

    length: int
    size: int
    crc: int


START = Mark(0, 0, 0)


class LostMemberError(MunimentError):
    """The file of a member holds less than was written: start over; `path` names the file."""

    def __init__(self, path: Path, expected: int, actual: int) -> None:
        self.path = path
        self.expected = expected
        self.actual = actual
        super().__init__(f"{path} ends after {actual} of {expected} bytes: write it anew")


class Member:
    """The member `name`, kept in the file `path`; goes on at `mark`, forgetting what came after.

    Its folder exists. Raises LostMemberError, and OSError: after one, for example on a full disk,
    the mark stands where it stood, and writing can be tried again.
    """

    def __init__(self, path: Path, name: str, mark: Mark = START) -> None:
        self.path = path
        self.name = name
        self._mark = mark
        path.touch(mode=0o600)
        self._file = path.open("r+b", buffering=0)
        length = os.fstat(self._file.fileno()).st_size
        if length < mark.length:
            self._file.close()
            raise LostMemberError(path, mark.length, length)
        self._file.truncate(mark.length)

    @property
    def mark(self) -> Mark:
        """How far it has come; durable once `sync` has returned."""
        return self._mark

    def write(self, data: bytes) -> None:
        """Append `data` as one segment; nothing is appended for no bytes."""
        if not data:
            return
        deflate = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW)
        segment = deflate.compress(data) + deflate.flush(isal_zlib.Z_FULL_FLUSH)
        self._append(segment)
        self._mark = Mark(
            length=self._mark.length + len(segment),
            size=self._mark.size + len(data),
            crc=isal_zlib.crc32(data, self._mark.crc),
        )

    def sync(self) -> None:
        """Make what has been written survive the loss of power."""
        os.fdatasync(self._file.fileno())

    def segments(self) -> Iterator[bytes]:
        """Read the file up to the mark: a deflate stream that lacks `END`. Raises LostMemberError.

        In pieces of at most 1 MiB, as with `content`.
        """
        at, end = 0, self._mark.length
        while at < end:
            piece = os.pread(self._file.fileno(), min(PIECE, end - at), at)
            if not piece:
                raise LostMemberError(self.path, end, at)
            at += len(piece)
            yield piece

    def content(self) -> Iterator[bytes]:
        """Read what has been written, inflated."""
        inflate = isal_zlib.decompressobj(_RAW)
        for piece in self.segments():
            rest = piece
            while found := inflate.decompress(rest, PIECE):
                yield found
                rest = inflate.unconsumed_tail

    def close(self) -> None:
        """Let go of the file; it stays where it is."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, segment: bytes) -> None:
        # At the mark, not at the end of the file: that holds the remains of a write that failed.
        at, rest = self._mark.length, memoryview(segment)
        while rest:
            written = os.pwrite(self._file.fileno(), rest, at)
            at, rest = at + written, rest[written:]
