"""Whether areas cover a geometry, or intersect it: exactly, on the sphere.

The boundary belongs to an area. A position on an edge is hardly ever on it to the last bit, since
RA and DEC are rounded, so what is within a nanodegree (four microarcseconds) counts as within.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from store.sky.area import rings_of
from store.sky.geometry import Geometry
from store.sky.shapes import build

if TYPE_CHECKING:
    import numpy as np
    import spherely
    from numpy.typing import NDArray

_NEAR = math.radians(1e-9)


def matches(
    areas: Sequence[str], geometry: Geometry, how: Literal["covers", "intersects"]
) -> list[bool]:
    """Return for each area whether it covers all of the geometry, or any of it; never fails.

    What is no polygon on the sphere covers nothing. A line that runs along an edge is covered if
    it is as exact as the edge: where it leaves the area by a rounding, it has left it.

    Args:
        areas: As `store.sky.area.read_area` returns them; equal ones cost once.
        geometry: What is looked for.
        how: Which of the two.

    """
    import numpy as np  # noqa: PLC0415 - only who asks for the sky should pay

    shapes = {area: _shape(area) for area in set(areas)}
    polygons = {area: shape for area, shape in shapes.items() if shape is not None}
    if not polygons:
        return [False] * len(areas)
    which = np.array(list(polygons.values()), object)
    found = _intersect(which, geometry) if how == "intersects" else _cover(which, geometry)
    matching = {area for area, is_found in zip(polygons, found, strict=True) if is_found}
    return [area in matching for area in areas]


def _shape(area: str) -> "spherely.Geography | None":
    """Return the polygon, or None if there is none on the sphere."""
    try:
        return build("Polygon", [rings_of(area)])
    except ValueError:
        return None


def _intersect(areas: "NDArray[Any]", geometry: Geometry) -> "NDArray[np.bool_]":
    import numpy as np  # noqa: PLC0415 - as above
    import spherely  # noqa: PLC0415 - only who asks for the sky should pay

    return np.asarray(spherely.distance(areas, geometry.shape(), radius=1.0) <= _NEAR)


def _cover(areas: "NDArray[Any]", geometry: Geometry) -> "NDArray[np.bool_]":
    """Narrow the areas down: those near it, then those that hold its corners, then all of it."""
    import numpy as np  # noqa: PLC0415 - as above
    import spherely  # noqa: PLC0415 - as above

    near = _intersect(areas, geometry)
    if geometry.kind == "Point":
        return near
    shape = geometry.shape()
    covered = near.copy()
    covered[near] = spherely.covers(areas[near], shape)
    doubtful = near & ~covered
    for position in geometry.positions:
        if not doubtful.any():
            break
        corner = Geometry("Point", (((position,),),))
        doubtful[doubtful] = _intersect(areas[doubtful], corner)
    if geometry.kind != "MultiPoint":
        rounded = [_is_rounding(shape, area) for area in areas[doubtful]]
        doubtful[doubtful] = np.array(rounded, bool)
    return covered | doubtful


def _is_rounding(shape: "spherely.Geography", area: "spherely.Geography") -> bool:
    """Whether what the area leaves uncovered of a line or polygon is as narrow as a rounding."""
    import spherely  # noqa: PLC0415 - as above

    left = spherely.difference(shape, area)
    if spherely.get_dimension(shape) == 1:
        return bool(spherely.length(left, radius=1.0) <= _NEAR)
    outline = spherely.perimeter(shape, radius=1.0)
    return bool(spherely.area(left, radius=1.0) <= _NEAR * outline)
