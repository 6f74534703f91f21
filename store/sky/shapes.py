"""Figures on the sphere, as the library S2 holds them.

Edges are great circles. A ring has no direction here: the smaller of its two sides is meant,
whichever way it was drawn.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import spherely

Position = tuple[float, float]
"""RA and DEC in degrees."""

Ring = tuple[Position, ...]
"""A point has one position, a line several; of a polygon's ring the first and last are equal."""

Rings = tuple[Ring, ...]
"""Of a polygon: its outline, and what is cut out of it."""

Kind = Literal["Point", "MultiPoint", "LineString", "Polygon", "MultiPolygon"]

MOST_POSITIONS = 10_000
"""Of one figure; what a survey draws has some hundred."""


def build(kind: Kind, parts: Sequence[Rings]) -> "spherely.Geography":
    """Return the figure that S2 reckons with.

    Raises:
        ValueError: On the sphere it is none: a ring crosses or touches itself or another, or has
            less than three corners; an edge goes to its antipode; DEC is beyond a pole.

    """
    import spherely  # noqa: PLC0415 - numpy and S2, which only who asks for the sky should pay

    if any(abs(dec) > 90 for rings in parts for ring in rings for _, dec in ring):  # noqa: PLR2004 - the pole
        raise ValueError("DEC is beyond a pole")
    if kind in ("Point", "MultiPoint"):
        points = [spherely.create_point(*ring[0]) for rings in parts for ring in rings]
        return points[0] if kind == "Point" else spherely.create_multipoint(points)
    if kind == "LineString":
        return spherely.create_linestring(_distinct(parts[0][0]))
    polygons = [_polygon(rings) for rings in parts]
    return polygons[0] if kind == "Polygon" else spherely.create_multipolygon(polygons)


def _polygon(rings: Rings) -> "spherely.Geography":
    import spherely  # noqa: PLC0415 - as above

    outline, *holes = (_distinct(ring) for ring in rings)
    return spherely.create_polygon(outline, holes=holes or None)


def _distinct(ring: Ring) -> list[Position]:
    """Return the ring without repetitions, as S2 has no edges of no length; RA from 0 to 360."""
    around = ((ra % 360.0, dec) for ra, dec in ring)
    return [position for position, _ in groupby(around)]
