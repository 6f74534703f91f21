"""The FITS file in a file: itself, what it is when decompressed, or the first one in a tar."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from store.fits.reading import UnreadableFitsError

LARGEST_INFLATED = 4 * 2**30
"""Bytes that are decompressed in search of a header: a kilobyte may be a megabyte of zeros."""
_LONGEST_READ = 2**20
"""Bytes at once. tarfile reads as many for an extended header as the tar says it has."""
_GZIP = b"\x1f\x8b"
_BROKEN = (OSError, EOFError, ValueError, zlib.error, tarfile.TarError)


@contextmanager
def fits_file(path: Path, *, tar: bool, largest: int = LARGEST_INFLATED) -> Iterator[BinaryIO]:
    """Open the FITS file that is in a file, whose name nobody has to believe.

    Of a tar it is the first file whose name contains `.fits`; no member's name becomes a path.
    Raises UnreadableFitsError when there is none, or more than `largest` bytes before its end.
    """
    with path.open("rb") as file:
        gzipped = file.peek(len(_GZIP)).startswith(_GZIP)
        if not tar and not gzipped:
            yield file
            return
        with TemporaryFile() as copy:
            _extract(file, copy, tar=tar, largest=largest)
            yield copy


def _extract(file: BinaryIO, copy: IO[bytes], *, tar: bool, largest: int) -> None:
    """Write the FITS file to `copy`, which is then at its beginning."""
    try:
        whole = _Bounded(_inflated(file), largest)
        if tar:
            with tarfile.open(fileobj=whole, mode="r:") as members:
                member = _Bounded(_inflated(_first(members)), largest)
                _pour(member, copy)
        else:
            _pour(whole, copy)
    except _BROKEN as error:
        raise UnreadableFitsError(f"it cannot be unpacked: {error}") from error
    copy.seek(0)


def _first(members: tarfile.TarFile) -> IO[bytes]:
    for member in members:
        if member.isfile() and ".fits" in member.name:
            found = members.extractfile(member)
            if found is not None:
                return found
    raise UnreadableFitsError("there is no FITS file in it")


def _inflated(file: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    beginning = file.read(len(_GZIP))
    file.seek(0)
    return gzip.open(file) if beginning == _GZIP else file


def _pour(source: "_Bounded", target: IO[bytes]) -> None:
    while data := source.read(_LONGEST_READ):
        target.write(data)


class _Bounded(RawIOBase):
    """A stream that ends in an error rather than beyond `largest` bytes."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, largest: int) -> None:
        self._stream = stream
        self._largest = largest

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _LONGEST_READ:
            raise UnreadableFitsError(f"it asks for {size} bytes at once")
        data = self._stream.read(size)
        self._check(self._stream.tell())
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._check(offset)
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def _check(self, position: int) -> None:
        if position > self._largest:
            raise UnreadableFitsError(f"it has more than {self._largest} bytes when decompressed")
