"""Reading FITS with astropy as if it had neither warnings nor moods."""

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import RawIOBase
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Self

from store.errors import MunimentError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from astropy.io.fits import HDUList

LARGEST_HEADERS = 8 * 2**20
"""Bytes of all headers of a file together: 100,000 cards, and a few seconds."""
_BEGINNING = b"SIMPLE"
"""How every FITS file begins, FITS 4.0 section 4.4.1."""


class UnreadableFitsError(MunimentError):
    """Not FITS, or not such as can be read; trying again would not help."""


@contextmanager
def opened(source: Path, *, scaled: bool = True) -> Iterator["HDUList"]:
    """Open a FITS file; data are read when they are asked for.

    `scaled` is False for numbers as they are stored, without BSCALE and BZERO. While it is open,
    whatever goes wrong raises UnreadableFitsError, except for what the machine is to blame for.
    """
    with source.open("rb") as file:
        with opened_headers(file) as hdus:
            len(hdus)  # reads them all
        file.seek(0)
        with _opened(file, scaled=scaled) as hdus:
            yield hdus


@contextmanager
def opened_headers(file: BinaryIO) -> Iterator["HDUList"]:
    """Open a FITS file for its headers alone; they are read when they are asked for."""
    with _opened(_HeadersOnly(file), scaled=True) as hdus:
        yield hdus


@contextmanager
def _opened(source: BinaryIO | RawIOBase, *, scaled: bool) -> Iterator["HDUList"]:
    with untroubled():
        # Whatever does not begin like this, astropy would try to decompress.
        if source.read(len(_BEGINNING)) != _BEGINNING:
            raise UnreadableFitsError("it does not begin like FITS")
        source.seek(0)
        # A second, which only who reads FITS should pay.
        from astropy.io import fits  # noqa: PLC0415

        with fits.open(
            source,
            memmap=False,  # a mapped file that somebody truncates takes the process down
            lazy_load_hdus=True,
            do_not_scale_image_data=not scaled,
        ) as hdus:
            yield hdus


class _HeadersOnly(RawIOBase):
    """A FITS file of which no more is read than headers may take: data is skipped over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = LARGEST_HEADERS

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer).cast("B")
        self._left -= len(view)
        if self._left < 0:
            raise UnreadableFitsError(f"it has more than {LARGEST_HEADERS} bytes of headers")
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def untroubled() -> Iterator[None]:
    """Hear no warning of astropy's, and raise UnreadableFitsError in place of its errors."""
    try:
        with _SILENCE:
            yield
    except MunimentError:
        raise
    except OSError as error:
        if error.errno is not None:  # the system's: a full disk, a broken one
            raise
        raise UnreadableFitsError(str(error)) from error
    except Exception as error:  # what astropy raises is not written down anywhere
        raise UnreadableFitsError(f"{type(error).__name__}: {error}") from error


class _Silence:
    """Within it, in any thread, astropy's warnings about files are not heard.

    `warnings.catch_warnings` alone is not made for threads: of two that overlap, the one that
    ends first would bring the warnings back for the other, and the last would leave them off.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._caught: AbstractContextManager[object] = warnings.catch_warnings()

    def __enter__(self) -> Self:
        with self._lock:
            if self._inside == 0:
                from astropy.utils.exceptions import AstropyWarning  # noqa: PLC0415 - as above

                self._caught = warnings.catch_warnings()
                self._caught.__enter__()
                warnings.simplefilter("ignore", AstropyWarning)
                warnings.simplefilter("ignore", RuntimeWarning)  # numpy's, about NaN
            self._inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


_SILENCE = _Silence()
