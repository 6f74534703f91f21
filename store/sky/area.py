"""The area of a frame: a GeoJSON Polygon, kept as it was sent.

RFC 7946 but for one thing: longitude and latitude are RA and DEC in degrees, and RA is what the
telescope said, mostly 0 to 360.

Clients compute areas from headers that do not always describe an image, and send nonsense: a DEC
beyond a pole, a ring that crosses itself or has no size. All of that is taken and given back as
sent, since refusing it would lose the frame. On the sphere it is no polygon, so it matches nothing.
"""

import json
import math
from collections.abc import Sequence
from decimal import Decimal

from store.sky.shapes import MOST_POSITIONS, Position, Ring, Rings

_CORNERS = 4
"""Positions of the smallest ring, a triangle, with the first repeated."""

_DECIMALS = 15


class AreaError(ValueError):
    """What was sent is no polygon; the text says why, and nothing of what was sent."""

    def __init__(self, why: str) -> None:
        super().__init__(f"Invalid polygon: {why}")


def read_area(value: object) -> str:
    """Return the polygon as the text that is kept: numbers as sent, other members left out.

    Args:
        value: What was in the JSON.

    Raises:
        AreaError: It is no GeoJSON Polygon of closed rings, or too large a one.

    """
    if not isinstance(value, dict):
        raise AreaError("it must be a GeoJSON object.")
    if value.get("type") != "Polygon":
        raise AreaError('its "type" must be "Polygon".')
    _read_rings(value.get("coordinates"))
    return json.dumps(
        {"type": "Polygon", "coordinates": value["coordinates"]}, separators=(",", ":")
    )


def rings_of(area: str) -> Rings:
    """Return the rings of what `read_area` returned; AreaError if it is something else."""
    try:
        rings = json.loads(area)["coordinates"]
        found = tuple(tuple((float(ra), float(dec)) for ra, dec in ring) for ring in rings)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise AreaError("it is not what was stored.") from error
    if not all(found):
        raise AreaError("it is not what was stored.")
    return found


def notice_text(area: str) -> str:
    """Return the form in which the OCS Science Archive 2.7 publishes it, that of GDAL's GeoJSON.

    Blanks are as there; a number has one to 15 decimals and no exponent.
    """
    rings = json.loads(area)["coordinates"]
    told = ", ".join(
        f"[ {', '.join(f'[ {_decimal(ra)}, {_decimal(dec)} ]' for ra, dec in ring)} ]"
        for ring in rings
    )
    return f'{{ "type": "Polygon", "coordinates": [ {told} ] }}'


def _decimal(number: float) -> str:
    """Return a number in decimals: the shortest that means this float, not its binary value."""
    whole, _, decimals = f"{Decimal(repr(float(number))):.{_DECIMALS}f}".partition(".")
    return f"{whole}.{decimals.rstrip('0') or '0'}"


def _read_rings(value: object) -> Rings:
    rings = _list(value, "its coordinates must be a list of rings.")
    if not rings:
        raise AreaError("it must have a ring.")
    found = tuple(_read_ring(ring) for ring in rings)
    if sum(map(len, found)) > MOST_POSITIONS:
        raise AreaError(f"it must have at most {MOST_POSITIONS} positions.")
    return found


def _read_ring(value: object) -> Ring:
    ring = tuple(
        _read_position(position) for position in _list(value, "a ring must be a list of positions.")
    )
    if len(ring) < _CORNERS:
        raise AreaError(f"a ring must have at least {_CORNERS} positions.")
    if ring[0] != ring[-1]:
        raise AreaError("a ring must be closed: its last position must equal its first.")
    return ring


def _read_position(value: object) -> Position:
    numbers = _list(value, "a position must be a list of two numbers.")
    if len(numbers) != 2:  # noqa: PLR2004 - RA and DEC
        raise AreaError("a position must have two numbers.")
    ra, dec = (_read_number(number) for number in numbers)
    return ra, dec


def _read_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise AreaError("a position must consist of numbers.")
    try:
        number = float(value)
    except OverflowError:  # JSON has integers of any length
        number = math.inf
    if not math.isfinite(number):
        raise AreaError("a number must be finite.")
    return number


def _list(value: object, complaint: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise AreaError(complaint)
    return value
