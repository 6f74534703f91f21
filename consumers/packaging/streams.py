"""Pieces of bytes as a file that can be read, and a file as pieces."""

from collections.abc import Iterator
from io import RawIOBase
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_READ = 1 << 17
_READS = 4


class Pieces(RawIOBase):
    """Reads what an iterator yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill a buffer with as much of the next piece as it holds; 0 at the end."""
        target = memoryview(buffer).cast("B")
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def pieces_of(body: BinaryIO) -> Iterator[bytes]:
    """Yield what can be read, in pieces of half a MiB but for the last.

    Read little by little, as memory for much at once is fetched from the system each time, which
    takes longer than joining.
    """
    while parts := [part for _ in range(_READS) if (part := body.read(_READ))]:
        yield b"".join(parts)
