"""The headers of a FITS file as JSON can say them."""

from collections.abc import Generator
from math import isfinite
from typing import TYPE_CHECKING, BinaryIO

from pydantic import JsonValue

from store.fits.reading import opened_headers

if TYPE_CHECKING:
    from astropy.io.fits import Header


def headers(source: BinaryIO) -> Generator[dict[str, JsonValue], None, None]:
    """Yield the header of each HDU, in their order; that of an image for a compressed image.

    Of a key that stands there several times the first value counts. What is no value, or none that
    JSON could say (NaN, infinity, a complex number, a broken card), is null.
    Who does not want them all closes it. Raises UnreadableFitsError.
    """
    with opened_headers(source) as hdus:
        for hdu in hdus:
            yield _plain(hdu.header)


def _plain(header: "Header") -> dict[str, JsonValue]:
    return {_text(key): _value(header, key) for key in dict.fromkeys(header.keys())}


def _value(header: "Header", key: str) -> JsonValue:
    try:
        value = header[key]
    except Exception:  # noqa: BLE001 - a broken card raises what it likes; the others are sound
        return None
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, complex):
        return None
    return _text(str(value))  # COMMENT and HISTORY: all of them, one a line


def _text(text: str) -> str:
    """Return text without the one character of ASCII that PostgreSQL cannot keep."""
    return text.replace("\0", "")
