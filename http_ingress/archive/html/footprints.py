"""Footprints of frames: what of the sky they show, where that can be drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from http_ingress.archive.html.tangent import Point, Position, Tangent, position_of, vector
from store.sky.area import AreaError, rings_of

_WIDEST = math.degrees(math.tan(math.radians(60.0)))
"""From the centre to a corner, on the plane; what is wider is no plane's to show."""
_SMALLEST = 1e-7
_POLE = 90.0
_MOST_POSITIONS = 500


@dataclass(frozen=True, slots=True)
class Footprint:
    """The outline of one frame around its centre."""

    ra: float
    dec: float
    rings: tuple[tuple[Position, ...], ...]
    width: float
    """Degrees, east to west."""
    height: float
    """Degrees, south to north."""

    @property
    def plane(self) -> Tangent:
        """The plane that touches the sky at its centre."""
        return Tangent(self.ra, self.dec)

    @property
    def extent(self) -> str:
        """Its size, for people."""
        return f"{angle(self.width)} \N{MULTIPLICATION SIGN} {angle(self.height)}"


def footprint_of(area: str) -> Footprint | None:
    """Return the footprint that an area is, GeoJSON; None: nothing that can be drawn."""
    try:
        rings = rings_of(area)
    except AreaError:
        return None
    positions = [position for ring in rings for position in ring]
    if len(positions) > _MOST_POSITIONS or not all(_is_on_sky(one) for one in positions):
        return None
    corners = [vector(one) for one in rings[0][:-1]]
    middle = tuple(math.fsum(one[axis] for one in corners) for axis in range(3))
    if math.hypot(*middle) < _SMALLEST:
        return None
    plane = Tangent(*position_of((middle[0], middle[1], middle[2])))
    box = _box(rings, plane)
    if box is None:
        return None
    # Corners may crowd at one end: the middle is that of what they enclose.
    plane = Tangent(*plane.position(box.middle))
    box = _box(rings, plane)
    if box is None or max(box.width, box.height) < _SMALLEST:
        return None
    return Footprint(plane.ra, plane.dec, rings, box.width, box.height)


@dataclass(frozen=True, slots=True)
class _Box:
    middle: Point
    width: float
    height: float


def _box(rings: Sequence[Sequence[Position]], plane: Tangent) -> _Box | None:
    """Return what encloses rings on a plane; None: they cannot be drawn there."""
    outline = projected(rings, plane)
    if outline is None:
        return None
    points = [point for ring in outline for point in ring]
    if any(math.hypot(*point) > _WIDEST for point in points):
        return None
    (west, east), (south, north) = (
        (min(numbers), max(numbers)) for numbers in zip(*points, strict=True)
    )
    return _Box(((west + east) / 2, (south + north) / 2), east - west, north - south)


def projected(rings: Sequence[Sequence[Position]], plane: Tangent) -> list[list[Point]] | None:
    """Return rings on a plane; None: not all of them can be drawn there."""
    found = [[plane.project(position) for position in ring] for ring in rings]
    shown = [[point for point in ring if point is not None] for ring in found]
    whole = all(len(one) == len(other) for one, other in zip(shown, found, strict=True))
    return shown if whole else None


def angle(degrees: float) -> str:
    """Return an angle with three digits: degrees, minutes or seconds of arc."""
    for unit, amount in (("°", degrees), ("\N{PRIME}", degrees * 60)):
        if amount >= 1:
            return f"{amount:.3g}{unit}"
    return f"{degrees * 3600:.3g}\N{DOUBLE PRIME}"


def _is_on_sky(position: Position) -> bool:
    return all(map(math.isfinite, position)) and abs(position[1]) <= _POLE
