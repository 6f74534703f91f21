"""FITS files made of versions when somebody asks for them: unpacked, or catalogues alone."""

import io
import os
import shutil
import zlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Literal, Self

from store.fits.unpacking import catalogue, funpack
from store.fixity import CHUNK
from store.frames.content import FrameContent
from store.frames.values import Version
from store.streams import BUFFER

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

How = Literal["funpack", "catalogue"]

_MAKERS = {"funpack": funpack, "catalogue": catalogue}


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made."""

    start: int
    """Where it begins in the workshop's file."""
    size: int
    crc32: int


class Workshop:
    """Makes files one after another, and keeps them until it is closed; for one request.

    They are in one file that has no name: whatever becomes of this process, it goes.
    """

    def __init__(self, content: FrameContent, folder: Path) -> None:
        """`folder` is on a disk that has room for them."""
        self._content = content
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._kept = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        self._size = 0

    def make(self, version: Version, how: How) -> Made:
        """Make a file. It takes a second or more, and for some seconds twice the room.

        Raises NoCatalogueError, UnreadableFitsError, ObjectNotFoundError, UnavailableError, and
        OSError when the disk is full.
        """
        with TemporaryDirectory(dir=self._folder) as name:
            source, target = Path(name, "source"), Path(name, "target")
            there = self._content.of_version(version)
            with there.open(0, None) as stream, source.open("wb") as file:
                shutil.copyfileobj(stream, file, CHUNK)
            _MAKERS[how](source, target)
            source.unlink()
            return self._keep(target)

    def open(self, made: Made, start: int, length: int | None) -> BinaryIO:
        """Return a stream of a part of what was made; from several threads, if need be."""
        rest = made.size - start
        wanted = rest if length is None else min(length, rest)
        part = _Part(self._kept.fileno(), made.start + start, wanted)
        return io.BufferedReader(part, BUFFER)

    def close(self) -> None:
        """Forget all that was made."""
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self, target: Path) -> Made:
        start, crc = self._size, 0
        with target.open("rb") as file:
            while chunk := file.read(CHUNK):
                crc = zlib.crc32(chunk, crc)
                self._kept.write(chunk)
                self._size += len(chunk)
        self._kept.flush()
        return Made(start, self._size - start, crc)


class _Part(io.RawIOBase):
    """So many bytes of an open file, whoever else reads it."""

    def __init__(self, descriptor: int, at: int, length: int) -> None:
        self._descriptor = descriptor
        self._at = at
        self._missing = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")[: self._missing]
        data = os.pread(self._descriptor, len(view), self._at)
        view[: len(data)] = data
        self._at += len(data)
        self._missing -= len(data)
        return len(data)
