"""Where on the sky a frame is, by the rules of ocs-archive 0.5."""

import re
from collections.abc import Mapping
from math import isfinite

from pydantic import JsonValue

from store.fits.keys import HeaderMapping
from store.fits.reading import UnreadableFitsError, untroubled

_PLANE = ("CD1_1", "CD1_2", "CD2_1", "CD2_2", "NAXIS1", "NAXIS2")
"""Of an image with a world coordinate system, FITS 4.0 section 8."""
_COORDINATES = re.compile(
    r"NAXIS\d*|WCSAXES|(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA)\d+|(CD|PC|PV|PS)\d+_\d+"
    r"|LONPOLE|LATPOLE|RADESYS|RADECSYS|EQUINOX|EPOCH"
    r"|(A|B|AP|BP)_(ORDER|DMAX|\d+_\d+)|(CPDIS|CQDIS|CPERR|CQERR|DP|DQ|D2IM).*"
)
"""Keys that bear on where a pixel is; the last line is of distortions."""
_MOST_KEYS = 500
"""A full distortion has 300. Time grows with their square, and headers come from strangers."""
_SIZES = {"A_ORDER": 9, "B_ORDER": 9, "AP_ORDER": 9, "BP_ORDER": 9, "WCSAXES": 9}
"""Keys by whose values tables are made, and the largest that are in use."""

Corner = tuple[float, float]
"""Right ascension and declination, degrees."""


def area(headers: Mapping[str, JsonValue], mapping: HeaderMapping) -> JsonValue:
    """Return a GeoJSON Polygon in degrees, or None where the header does not tell.

    A square round the middle, if there is one with a radius; else the corners of the image.
    """
    circle = (mapping.radius_key, mapping.ra_key, mapping.dec_key)
    try:
        with untroubled():
            if _are_set(headers, circle):
                corners = _square(*(headers[key] for key in circle))
            elif _are_set(headers, _PLANE) and not _are_set(headers, ("NAXIS3",)):
                corners = _image(headers)
            else:
                return None
    except UnreadableFitsError:
        return None
    if not all(isfinite(number) for corner in corners for number in corner):
        return None
    return {"type": "Polygon", "coordinates": [[list(one) for one in (*corners, corners[0])]]}


def _are_set(headers: Mapping[str, JsonValue], keys: tuple[str, ...]) -> bool:
    return all(headers.get(key) not in (None, "") for key in keys)


def _square(radius: JsonValue, ra: JsonValue, dec: JsonValue) -> list[Corner]:
    # A second, which only who reads FITS should pay.
    from astropy import units  # noqa: PLC0415 - as said
    from astropy.coordinates import Angle  # noqa: PLC0415 - as said

    r = float(Angle(radius, units.arcsecond).deg)
    x = float(Angle(ra, units.hourangle).deg)
    y = float(Angle(dec, units.deg).deg)
    return [(x - r, y + r), (x + r, y + r), (x + r, y - r), (x - r, y - r)]


def _image(headers: Mapping[str, JsonValue]) -> list[Corner]:
    from astropy.wcs import WCS  # noqa: PLC0415 - as above

    keys = {key: value for key, value in headers.items() if _COORDINATES.fullmatch(key)}
    if len(keys) > _MOST_KEYS or any(
        not _is_in_use(keys.get(key, 0), _SIZES[key]) for key in _SIZES
    ):
        raise UnreadableFitsError("its coordinates are larger than any in use")
    wcs = WCS(keys)
    width, height = headers["NAXIS1"], headers["NAXIS2"]
    pixels = [(1, 1), (1, height), (width, height), (width, 1)]
    worlds = [wcs.all_pix2world(x, y, 1) for x, y in pixels]
    return [(float(ra), float(dec)) for ra, dec in worlds]


def _is_in_use(size: JsonValue, largest: int) -> bool:
    return isinstance(size, int | float) and size <= largest
