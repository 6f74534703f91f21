"""Small pictures of frames, for people to look at."""

from pathlib import Path
from typing import TYPE_CHECKING

from store.fits.bands import Image, bands, is_compressed, is_image, planes
from store.fits.reading import UnreadableFitsError, opened
from store.fits.tiles import check_tiles

if TYPE_CHECKING:
    import numpy as np
    from astropy.io.fits import HDUList

    Pixels = np.ndarray[tuple[int, int], np.dtype[np.float64]]

PICTURE_SIZES = {"small": 200, "medium": 500, "large": 1000}
"""Pixels of the longer side: in a list of frames, beside one, and alone."""
LARGEST_IMAGE = 2**28
"""Pixels of a plane of which we still draw a picture, 16,384 by 16,384: ten seconds of work."""
LONGEST_SIDE = 2**16
"""Pixels."""
_QUALITY = 85
"""Of JPEG, out of 95: nothing to be seen of it."""


def draw(source: Path, target: Path, *, size: int) -> bool:
    """Write a JPEG of the first image in a FITS file; False: there is none to draw.

    Its longer side has at most `size` pixels, each the mean of those it stands for; north is not
    looked for: the first row is at the bottom, as FITS has it. Of a cube it is the first plane.
    Grey by the ZScale interval of IRAF; what has no value is black.
    """
    try:
        with opened(source) as hdus:
            image = _first(hdus)
            if image is None:
                return False
            grey = _grey(_shrunk(image, size))
    except UnreadableFitsError:
        return False
    if grey is None:
        return False
    from PIL.Image import fromarray  # noqa: PLC0415 - a moment, which only who draws should pay

    fromarray(grey).save(target, "JPEG", quality=_QUALITY)
    return True


def _first(hdus: "HDUList") -> Image | None:
    """Return the first image that can be drawn."""
    for hdu in hdus:
        if is_image(hdu) and len(hdu.shape) > 1 and all(hdu.shape):
            height, width = hdu.shape[-2:]
            drawable = height * width <= LARGEST_IMAGE and max(height, width) <= LONGEST_SIDE
            return hdu if drawable else None
    return None


def _shrunk(image: Image, size: int) -> "Pixels":
    """Return the first plane with at most `size` pixels a side; NaN where there is no value."""
    import numpy as np  # noqa: PLC0415 - as above

    if is_compressed(image):
        check_tiles(image)
    height, width = image.shape[-2:]
    step = -(-max(height, width) // size)
    columns = np.arange(0, width, step)
    shrunk = np.empty((-(-height // step), len(columns)))
    for first, band in bands(image, next(planes(image)), step):
        values = band.astype(np.float32, copy=False)
        known = np.isfinite(values)
        rows = np.arange(0, len(band), step)
        total = _summed(np.where(known, values, 0), rows, columns)
        count = _summed(known, rows, columns)
        with np.errstate(invalid="ignore", divide="ignore"):
            shrunk[first // step : first // step + len(rows)] = total / count
    return shrunk


def _summed(values: "np.ndarray", rows: "np.ndarray", columns: "np.ndarray") -> "np.ndarray":
    """Return the sums of the blocks that begin at these rows and columns."""
    import numpy as np  # noqa: PLC0415 - as above

    across = np.add.reduceat(values, columns, axis=1, dtype=np.float64)
    return np.add.reduceat(across, rows, axis=0)


def _grey(pixels: "Pixels") -> "np.ndarray | None":
    """Return bytes from black to white, the last row first; None: no pixel has a value."""
    import numpy as np  # noqa: PLC0415 - as above
    from astropy.visualization import ZScaleInterval  # noqa: PLC0415 - as above

    known = pixels[np.isfinite(pixels)]
    if not known.size:
        return None
    low, high = ZScaleInterval().get_limits(known)
    scaled = (pixels - low) / ((high - low) or 1)
    grey: np.ndarray = 255 * np.clip(np.nan_to_num(scaled, nan=0), 0, 1)
    return grey.astype(np.uint8)[::-1]
