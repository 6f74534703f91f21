"""Cones: a direction, and an angle around it, that hold a figure on the sphere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.sky.shapes import Position

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WHOLE_SKY = 180.0
"""The radius in degrees of the cone that leaves nothing out."""

_WIDE = 60.0
"""Degrees. An edge between two points within a cone of less than 90 stays within, and the smaller
side of a ring is the side within; what is not much narrower is taken for the whole sky."""

_SLACK = 1e-6
"""Degrees: 4 milliarcseconds, much more than what rounding and `store.sky.matching` allow."""


@dataclass(frozen=True, slots=True)
class Cone:
    """All directions within an angle of one.

    Attributes:
        ra: Degrees, 0 to 360.
        dec: Degrees.
        radius: Degrees.

    """

    ra: float
    dec: float
    radius: float


def cone_around(positions: Sequence[Position]) -> Cone:
    """Return a cone that holds every figure with these corners, with a little room around it."""
    import numpy as np  # noqa: PLC0415 - only who asks for the sky should pay

    ra, dec = np.array(positions).T
    corners = unit_vectors(ra, dec)
    # The middle of the box around them: unlike their mean it does not move to where many are.
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    length = np.linalg.norm(middle)
    radius = float(angles(corners, middle / length).max()) if length > 0 else WHOLE_SKY
    x, y, z = middle
    return Cone(
        ra=float(np.degrees(np.arctan2(y, x))) % 360.0,
        dec=float(np.degrees(np.arctan2(z, np.hypot(x, y)))),
        radius=radius + _SLACK if radius < _WIDE else WHOLE_SKY,
    )


def unit_vectors(ra: "NDArray[Any]", dec: "NDArray[Any]") -> "NDArray[np.float64]":
    """Return directions as rows of x, y, z; RA and DEC are in degrees."""
    import numpy as np  # noqa: PLC0415 - as above

    # By the remainder, since a client's RA may be of a size at which a sine has no digits left.
    ra, dec = np.radians(np.remainder(ra, 360.0)), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def angles(directions: "NDArray[Any]", direction: "NDArray[Any]") -> "NDArray[np.float64]":
    """Return by how many degrees directions differ from one, or each from its own.

    All are unit vectors.
    """
    import numpy as np  # noqa: PLC0415 - as above

    # By the chord: the arc cosine of a scalar product cannot tell small angles apart.
    half = np.linalg.norm(directions - direction, axis=-1) / 2
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(half, 1.0))))
