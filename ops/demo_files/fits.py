"""A FITS image of a star field, as an observatory's camera writes it (FITS Standard 4.0).

Blocks of 2880 bytes; header cards of 80 characters; 16-bit unsigned pixels by the convention of
section 4.4.2.5: stored as signed, with BZERO = 32768.
"""

import math
import sys
from array import array
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

_BLOCK = 2880
_SIDE = 256
_STARS = 90
_SKY, _NOISE, _SATURATED = 420.0, 9.0, 65535
_ZERO = 32768
_PIXEL_ARCSECONDS = 0.58
_SEEING_PIXELS = 1.9
_EXPOSURE_SECONDS = 120.0
_UNIX_EPOCH_MJD = 40587

Value = bool | int | float | str


def fits_image(began: datetime, random: Random) -> bytes:
    """Return one raw frame whose exposure began then, UTC; `random` places the stars."""
    header = b"".join(_card(*card) for card in _cards(began)) + b"END".ljust(80)
    return _padded(header, b" ") + _padded(_pixels(random), b"\0")


def _cards(began: datetime) -> Iterator[tuple[str, Value, str]]:
    ended = began + timedelta(seconds=_EXPOSURE_SECONDS)
    night = began - timedelta(hours=12)
    scale = _PIXEL_ARCSECONDS / 3600
    yield from (
        ("SIMPLE", True, "conforms to the FITS standard"),
        ("BITPIX", 16, "bits per pixel"),
        ("NAXIS", 2, ""),
        ("NAXIS1", _SIDE, "[pixel] columns"),
        ("NAXIS2", _SIDE, "[pixel] rows"),
        ("BSCALE", 1.0, "physical = stored * BSCALE + BZERO"),
        ("BZERO", float(_ZERO), "unsigned 16-bit integers"),
        ("BUNIT", "adu", "unit of the physical values"),
        ("ORIGIN", "Muniment demo", "simulated, not observed"),
        ("SITEID", "dmo", "ID code of the observatory site"),
        ("SITE", "Muniment Demonstration Hill", "site of the observatory"),
        ("LATITUDE", 20.706, "[deg North] site latitude"),
        ("LONGITUD", -156.257, "[deg East] site longitude"),
        ("HEIGHT", 3065.0, "[m] altitude of the site"),
        ("ENCID", "clma", "ID code of the enclosure"),
        ("TELID", "0m4a", "ID code of the telescope"),
        ("TELESCOP", "0m4-01", "name of the telescope"),
        ("INSTRUME", "dm01", "name of the camera"),
        ("FILTER", "rp", "filter in the beam"),
        ("OBSTYPE", "EXPOSE", "type of observation"),
        ("RLEVEL", 0, "reduction level: raw"),
        ("PROPID", "DEMO2026A-001", "ID of the proposal"),
        ("REQNUM", 1000001, "number of the request"),
        ("BLKUID", 2000001, "ID of the scheduled block"),
        ("OBJECT", "M51", "name of the target"),
        ("DATE-OBS", _iso(began), "[UTC] start of the exposure"),
        ("UTSTOP", _iso(ended).partition("T")[2], "[UTC] end of the exposure"),
        ("DAY-OBS", f"{night:%Y%m%d}", "the evening the night began"),
        ("MJD-OBS", _mjd(began), "[d] start of the exposure, UTC"),
        ("EXPTIME", _EXPOSURE_SECONDS, "[s] exposure time"),
        ("AIRMASS", 1.183, "at the middle of the exposure"),
        ("MOONFRAC", 0.31, "illuminated part of the Moon"),
        ("GAIN", 1.61, "[electron/adu] gain"),
        ("RDNOISE", 8.2, "[electron] read-out noise"),
        ("SATURATE", _SATURATED, "[adu] saturation level"),
        ("CCDTEMP", -20.1, "[degC] temperature of the detector"),
        ("CCDSUM", "1 1", "binning in x and y"),
        ("RA", "13:29:52.7", "[hh:mm:ss] pointing"),
        ("DEC", "+47:11:43", "[dd:mm:ss] pointing"),
        ("RADESYS", "ICRS", "reference frame of the coordinates"),
        ("WCSAXES", 2, "number of world coordinates"),
        ("CTYPE1", "RA---TAN", "gnomonic projection"),
        ("CTYPE2", "DEC--TAN", "gnomonic projection"),
        ("CUNIT1", "deg", ""),
        ("CUNIT2", "deg", ""),
        ("CRPIX1", (_SIDE + 1) / 2, "[pixel] reference pixel"),
        ("CRPIX2", (_SIDE + 1) / 2, "[pixel] reference pixel"),
        ("CRVAL1", 202.469575, "[deg] RA of the reference pixel"),
        ("CRVAL2", 47.195258, "[deg] Dec of the reference pixel"),
        ("CD1_1", -scale, "[deg/pixel]"),
        ("CD1_2", 0.0, "[deg/pixel]"),
        ("CD2_1", 0.0, "[deg/pixel]"),
        ("CD2_2", scale, "[deg/pixel]"),
    )


def _card(keyword: str, value: Value, comment: str) -> bytes:
    if isinstance(value, bool):
        text = ("T" if value else "F").rjust(20)
    elif isinstance(value, str):
        quoted = value.replace("'", "''")
        text = f"'{quoted:<8}'".ljust(20)
    else:
        text = (repr(value).upper() if isinstance(value, float) else str(value)).rjust(20)
    card = f"{keyword:<8}= {text}" + (f" / {comment}" if comment else "")
    return card[:80].ljust(80).encode("ascii")


def _pixels(random: Random) -> bytes:
    values = [random.gauss(_SKY, _NOISE) for _ in range(_SIDE * _SIDE)]
    for _ in range(_STARS):
        # Many faint stars and few bright ones, as in the sky.
        flux = 4000 * random.random() ** -1.2
        _add_star(values, random.uniform(0, _SIDE), random.uniform(0, _SIDE), flux)
    stored = array("h", (min(_SATURATED, max(0, round(value))) - _ZERO for value in values))
    if sys.byteorder == "little":
        stored.byteswap()
    return stored.tobytes()


def _add_star(values: list[float], x: float, y: float, flux: float) -> None:
    reach = int(6 * _SEEING_PIXELS)
    peak = flux / (2 * math.pi * _SEEING_PIXELS**2)
    for row in range(max(0, int(y) - reach), min(_SIDE, int(y) + reach)):
        for column in range(max(0, int(x) - reach), min(_SIDE, int(x) + reach)):
            distance = (column - x) ** 2 + (row - y) ** 2
            values[row * _SIDE + column] += peak * math.exp(-distance / (2 * _SEEING_PIXELS**2))


def _padded(data: bytes, filling: bytes) -> bytes:
    return data + filling * (-len(data) % _BLOCK)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3]


def _mjd(moment: datetime) -> float:
    return round(_UNIX_EPOCH_MJD + moment.timestamp() / 86400, 7)
