"""Compressed FITS made plain, and the catalogue taken out of a reduced frame."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from store.errors import MunimentError
from store.fits.bands import CompressedImage, bands, is_compressed, planes
from store.fits.reading import UnreadableFitsError, opened
from store.fits.tiles import can_be_decompressed, check_tiles

if TYPE_CHECKING:
    from astropy.io.fits import HDUList, Header

LARGEST_UNPACKED = 16 * 2**30
"""Bytes of pixels in one file: few bytes may stand for very many."""
_BLOCK = 2880
"""Bytes; headers and data fill a whole number of blocks, FITS 4.0 section 3.1."""
_PIECE = 2**20


class NoCatalogueError(MunimentError):
    """The file has no `SCI` image with a `CAT` table."""


def funpack(source: Path, target: Path, *, largest: int = LARGEST_UNPACKED) -> None:
    """Write `source` with its compressed images as plain ones, as `funpack -C -S -` does.

    That is a tool of cfitsio. Everything else stays as it is, byte for byte. So do, other than
    there, compressed tables and images with a code whose decoder cannot be trusted. The empty
    primary HDU goes if it was put before an image that had been primary itself. Memory does not
    depend on the size, unless a tile does.
    Raises UnreadableFitsError, and leaves no target then.
    """
    with _written(target) as plain, source.open("rb") as raw, opened(source, scaled=False) as hdus:
        left = largest
        for number, hdu in enumerate(hdus):
            if is_compressed(hdu) and _can_stand(hdu, number):
                left -= prod(hdu.shape) * abs(hdu.header["BITPIX"]) // 8
                if left < 0:
                    raise UnreadableFitsError(f"its images take more than {largest} bytes")
                raw.seek(_span(hdus, number)[0])
                for piece in _unpacked(hdu, raw):
                    plain.write(piece)
            elif number or not _is_in_the_way(hdus):
                _copy(hdus, number, raw, plain)
        _check_end(hdus, raw)


def catalogue(source: Path, target: Path) -> None:
    """Write a primary HDU with the header of the HDU `SCI`, no data, and the HDU `CAT`.

    Raises NoCatalogueError and UnreadableFitsError, and leaves no target then.
    """
    with _written(target) as small, source.open("rb") as raw, opened(source) as hdus:
        from astropy.io import fits  # noqa: PLC0415 - a second, which only who reads FITS pays

        named = {hdu.name: number for number, hdu in reversed(list(enumerate(hdus)))}
        if not {"SCI", "CAT"} <= named.keys():
            raise NoCatalogueError("the file has no catalogue: it needs the HDUs SCI and CAT")
        primary = fits.PrimaryHDU(header=hdus[named["SCI"]].header)
        for stale in ("CHECKSUM", "DATASUM"):
            primary.header.remove(stale, ignore_missing=True)
        primary.header.set("EXTEND", value=True, after="NAXIS")
        small.write(primary.header.tostring().encode("ascii"))
        _copy(hdus, named["CAT"], raw, small)


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    try:
        with target.open("wb") as file:
            yield file
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _was_primary(hdu: CompressedImage) -> bool:
    return "SIMPLE" in hdu.header


def _can_stand(hdu: CompressedImage, number: int) -> bool:
    """Whether it can be written plain: what was primary can do so in the first place alone."""
    return can_be_decompressed(hdu) and (number == 1 or not _was_primary(hdu))


def _is_in_the_way(hdus: "HDUList") -> bool:
    """Whether the primary HDU is empty, and what follows it was primary before."""
    following = hdus[1] if len(hdus) > 1 else None
    return (
        not hdus[0].header["NAXIS"]
        and is_compressed(following)
        and _was_primary(following)
        and _can_stand(following, 1)
    )


def _unpacked(hdu: CompressedImage, table: BinaryIO) -> Iterator[bytes]:
    """Yield header and data of the plain image; `table` is where the compressed one begins."""
    from astropy.io import fits  # noqa: PLC0415 - as above

    header = hdu.header.copy()
    _put_back(fits.Header.fromfile(table), header)
    yield header.tostring().encode("ascii")
    size = 0
    for pixels in _pixels(hdu):
        yield pixels
        size += len(pixels)
    yield bytes(-size % _BLOCK)


def _put_back(table: "Header", image: "Header") -> None:
    """Put BSCALE and BZERO where they were: astropy has them last, and without comments."""
    keys = [key for key in table if key not in ("COMMENT", "HISTORY", "")]
    for place, key in reversed(list(enumerate(keys))):
        if key in ("BSCALE", "BZERO") and key in image:
            following = next((one for one in keys[place + 1 :] if one in image), None)
            del image[key]
            if following is None:
                image.append(table.cards[key])
            else:
                image.insert(following, table.cards[key])


def _pixels(hdu: CompressedImage) -> Iterator[bytes]:
    check_tiles(hdu)
    for plane in planes(hdu):
        for _, piece in bands(hdu, plane):
            yield piece.astype(piece.dtype.newbyteorder(">"), copy=False).tobytes()


def _copy(hdus: "HDUList", number: int, raw: BinaryIO, target: BinaryIO) -> None:
    """Copy an HDU as it is."""
    start, end = _span(hdus, number)
    raw.seek(start)
    while start < end:
        piece = raw.read(min(_PIECE, end - start))
        if not piece:
            raise UnreadableFitsError(f"it ends {end - start} bytes too early")
        target.write(piece)
        start += len(piece)


def _span(hdus: "HDUList", number: int) -> tuple[int, int]:
    place = hdus.fileinfo(number)
    return int(place["hdrLoc"]), int(place["datLoc"] + place["datSpan"])


def _check_end(hdus: "HDUList", raw: BinaryIO) -> None:
    """Raise UnreadableFitsError if an extension follows that could not be read."""
    raw.seek(_span(hdus, len(hdus) - 1)[1])
    if raw.read(len(b"XTENSION")) == b"XTENSION":
        raise UnreadableFitsError(f"HDU {len(hdus)} has a header that is broken")
