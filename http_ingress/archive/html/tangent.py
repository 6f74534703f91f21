"""The tangent plane (gnomonic projection): straight lines are great circles, north is up.

Coordinates are degrees; x grows to the east, which charts of the sky draw on the left.
"""

import math
from dataclasses import dataclass

Position = tuple[float, float]
"""RA and DEC, degrees."""
Point = tuple[float, float]
"""On the plane, degrees from where it touches the sky."""
Vector = tuple[float, float, float]

_HORIZON = 0.05
"""Cosine of how far from the centre is too far to be drawn."""


def vector(position: Position) -> Vector:
    """Return a position as a direction of length 1."""
    ra, dec = math.radians(position[0] % 360.0), math.radians(position[1])
    return (math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec))


def position_of(direction: Vector) -> Position:
    """Return where a direction leads to, of any length but 0."""
    x, y, z = direction
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))


@dataclass(frozen=True, slots=True)
class Tangent:
    """A plane that touches the sky."""

    ra: float
    dec: float

    def project(self, position: Position) -> Point | None:
        """Return where a position is drawn; None: it is not, being too far away."""
        dec, centre = math.radians(position[1]), math.radians(self.dec)
        turn = math.radians((position[0] - self.ra + 180.0) % 360.0 - 180.0)
        near = math.sin(centre) * math.sin(dec) + math.cos(centre) * math.cos(dec) * math.cos(turn)
        if near < _HORIZON:
            return None
        x = math.cos(dec) * math.sin(turn) / near
        y = math.cos(centre) * math.sin(dec) - math.sin(centre) * math.cos(dec) * math.cos(turn)
        return math.degrees(x), math.degrees(y / near)

    def position(self, point: Point) -> Position:
        """Return what is drawn at a point."""
        x, y = math.radians(point[0]), math.radians(point[1])
        centre = math.radians(self.dec)
        up = math.cos(centre) - y * math.sin(centre)
        ra = self.ra + math.degrees(math.atan2(x, up))
        dec = math.atan2(math.sin(centre) + y * math.cos(centre), math.hypot(x, up))
        return ra % 360.0, math.degrees(dec)
