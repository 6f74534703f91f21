"""Tiles of compressed images, FITS 4.0 section 10.1, looked at before they are decompressed.

What decompresses them is code in C, as astropy has it from cfitsio, and gzip without a limit.
"""

import zlib
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, BinaryIO

from store.fits.bands import CompressedImage
from store.fits.reading import UnreadableFitsError

if TYPE_CHECKING:
    import numpy as np

LARGEST_TILE = 2**26
"""Pixels of a tile, which has to be decompressed whole."""
MOST_TILES = 2**20
"""Of one image; most have one a row."""
_LARGEST_PIXEL = 8
"""Bytes."""
_SLACK = 2880
"""Bytes that a very small tile may have beside its pixels."""
_CODES = {"RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "NOCOMPRESS"}
_PIECE = 2**20
_GZIP = 31
"""zlib's `wbits` of a gzip stream."""


def can_be_decompressed(hdu: CompressedImage) -> bool:
    """Whether its code is one whose decoder stays within its memory, whatever it reads.

    HCOMPRESS_1's writes as many pixels as the data say there are. PLIO_1's reads in the same way.
    """
    return hdu.compression_type in _CODES


def check_tiles(hdu: CompressedImage) -> None:
    """Raise UnreadableFitsError if decompressing it would take more than its size tells."""
    from astropy.io import fits  # noqa: PLC0415 - a second, which only who reads FITS should pay

    if not can_be_decompressed(hdu):
        raise UnreadableFitsError(f"it is compressed with {hdu.compression_type}")
    place = hdu.fileinfo()
    file: BinaryIO = place["file"]
    file.seek(place["hdrLoc"])
    table = fits.Header.fromfile(file)
    if prod(hdu.tile_shape) > LARGEST_TILE or table["NAXIS2"] > MOST_TILES:
        raise UnreadableFitsError("its tiles are too large or too many")
    columns = fits.BinTableHDU.fromstring(table.tostring().encode("ascii")).columns
    gzipped = ["GZIP_COMPRESSED_DATA"]
    if hdu.compression_type.startswith("GZIP"):
        gzipped.append("COMPRESSED_DATA")
    heap = place["datLoc"] + table.get("THEAP", table["NAXIS1"] * table["NAXIS2"])
    most = prod(hdu.tile_shape) * _LARGEST_PIXEL + _SLACK
    for column in columns:
        name = column.name.upper()  # astropy finds it in small letters, too
        if name.endswith("COMPRESSED_DATA"):
            file.seek(place["datLoc"])
            offset = columns.dtype.fields[column.name][1]
            for length, start in _descriptors(file, table, offset, column.format):
                if length > most:
                    raise UnreadableFitsError(f"a tile has more than {most} bytes")
                if name in gzipped:
                    file.seek(heap + start)
                    _check_inflated(file, length, most)


def _descriptors(file: BinaryIO, table: Mapping[str, int], offset: int, form: str) -> "np.ndarray":
    """Return length and place in the heap of each tile that has bytes in a column."""
    import numpy as np  # noqa: PLC0415 - as above

    rows, width = table["NAXIS2"], table["NAXIS1"]
    kind = np.dtype(">i8" if "Q" in form else ">i4")
    found: np.ndarray = np.ndarray(
        (rows, 2), kind, file.read(rows * width), offset, (width, kind.itemsize)
    )
    return found[found[:, 0] > 0]


def _check_inflated(file: BinaryIO, length: int, most: int) -> None:
    inflating = zlib.decompressobj(_GZIP)
    size = 0
    while length > 0 and not inflating.eof:
        data = file.read(min(_PIECE, length))
        length -= len(data)
        if not data:
            raise UnreadableFitsError("it ends within a tile")
        while data:
            size += len(inflating.decompress(data, _PIECE))
            data = inflating.unconsumed_tail
            if size > most:
                raise UnreadableFitsError(f"a tile has more than {most} bytes")
