"""Stored zips of contents in memory, and what can go wrong with their members."""

import io
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

from store.zips.stored import Literal, Member, StoredZip

MODIFIED = datetime(2026, 3, 5, 12, 30, 58, tzinfo=UTC)


def planned(contents: Mapping[str, bytes], *, known: bool = True) -> StoredZip:
    """Return the zip of these contents, with or without their CRCs."""
    return StoredZip(
        [
            Member(name, len(data), MODIFIED, zlib.crc32(data) if known else None)
            for name, data in contents.items()
        ]
    )


def put_together(
    plan: StoredZip, contents: Sequence[bytes], start: int = 0, stop: int | None = None
) -> bytes:
    """Return the bytes of a zip as its pieces say, and tell it the CRCs that it does not know."""
    written = bytearray()
    for piece in plan.pieces(start, stop):
        if isinstance(piece, Literal):
            written += piece.data
            continue
        data = contents[piece.member]
        written += data[piece.start : piece.start + piece.length]
        if plan.members[piece.member].crc32 is None:
            plan.found(piece.member, zlib.crc32(data))
    return bytes(written)


class Shelf:
    """Opens members that are in memory, and knows which streams are open."""

    def __init__(self, contents: Sequence[bytes]) -> None:
        self.contents = list(contents)
        """What is there; may be changed."""
        self._promised = [len(data) for data in contents]
        self.streams: list[BinaryIO] = []
        self.faults: dict[int, Exception] = {}
        """What opening a member raises."""

    def open(self, member: int, start: int, length: int) -> BinaryIO:
        """Return a stream that ends where the member does, when it is wanted up to there."""
        if member in self.faults:
            raise self.faults[member]
        stop = None if start + length == self._promised[member] else start + length
        stream = io.BytesIO(self.contents[member][start:stop])
        self.streams.append(stream)
        return stream

    @property
    def all_closed(self) -> bool:
        """Whether nothing that was opened is open."""
        return all(stream.closed for stream in self.streams)
