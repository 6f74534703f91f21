"""Images band by band: some rows at a time, however large the image is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

from store.fits.reading import UnreadableFitsError

if TYPE_CHECKING:
    import numpy as np
    from astropy.io.fits import Header


class Image(Protocol):
    """astropy's HDU of an image."""

    header: "Header"

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of its axes, the slowest first, FITS's NAXIS1 last; empty: it has no data."""
        ...

    @property
    def section(self) -> Any:  # noqa: ANN401 - astropy has no types
        """Like an array; what is indexed is read, and nothing else."""
        ...


class CompressedImage(Image, Protocol):
    """astropy's HDU of an image that is compressed in tiles, FITS 4.0 section 10.1."""

    @property
    def tile_shape(self) -> tuple[int, ...]:
        """Lengths of a tile, like `shape`."""
        ...

    @property
    def compression_type(self) -> str:
        """The code, ZCMPTYPE."""
        ...

    def fileinfo(self) -> dict[str, Any]:
        """Return where it is: `file`, and places of its header and data in bytes."""
        ...


_BAND = 2**21
"""Pixels of a band, about."""
LARGEST_BAND = 2**27
"""Pixels of one row, or of one row of tiles."""

Band = tuple[int, "np.ndarray"]
"""Its first row, and its pixels by row and column."""


def is_image(hdu: object) -> TypeGuard[Image]:
    """Whether an HDU is an image, compressed or not, with or without data."""
    from astropy.io import fits  # noqa: PLC0415 - a second, which only who reads FITS should pay

    return isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU)


def is_compressed(hdu: object) -> TypeGuard[CompressedImage]:
    """Whether an HDU is an image that is compressed in tiles."""
    from astropy.io import fits  # noqa: PLC0415 - as above

    return isinstance(hdu, fits.CompImageHDU)


def planes(hdu: Image) -> Iterator[tuple[int, ...]]:
    """Yield the indices of all planes, as they follow one another in the file."""
    import numpy as np  # noqa: PLC0415 - as above

    yield from np.ndindex(*hdu.shape[:-2])


def bands(hdu: Image, plane: tuple[int, ...], multiple: int = 1) -> Iterator[Band]:
    """Yield all rows of a plane, each band with a multiple of `multiple` of them, save the last.

    `plane` has an index for each axis of `hdu.shape` but the last two. Of an image with one axis,
    each pixel is a row. No tile of a plane is decompressed twice. Raises UnreadableFitsError when
    a band would be too large.
    """
    height, width = hdu.shape[-2:] if len(hdu.shape) > 1 else (*hdu.shape, 1)
    if is_compressed(hdu):
        tile = int(hdu.tile_shape[-2:][0])
        multiple *= -(-tile // multiple)
    rows = multiple * -(-max(1, _BAND // max(1, width)) // multiple)
    if min(rows, height) * width > LARGEST_BAND:
        raise UnreadableFitsError(f"a row of it has more than {LARGEST_BAND} pixels")
    for first in range(0, height, rows):
        yield first, hdu.section[(*plane, slice(first, min(height, first + rows)))]
