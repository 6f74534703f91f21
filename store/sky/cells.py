"""The index of the sky: HEALPix cells as integers, in which a search is a few ranges.

HEALPix (Górski et al. 2005) divides the sphere into 12 cells of equal size, each of them into
four, and so on; how often is a cell's order. A cell of an order, and its number within (in the
"nested" scheme, where the four parts of cell n are 4n to 4n+3), are written as one integer of 63
bits, `zuniq`: the number, a one, and as many zeros as bring it to order 29. Sorted by it, cells
follow the Z-order curve, and all cells within a cell lie in one range around it.

A frame is kept with the few cells that cover its area. Since these are of the order that suits its
size, whatever meets a search's cell is that cell, one of those that it lies in, or one within.
Both sides cover generously: what the index yields has to be looked at by `store.sky.matching`.

Cells are found by their distance, from what HEALPix guarantees. The searches for cones and
polygons of cdshealpix 0.9 now and then miss a cell at the rim.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from store.sky.area import rings_of
from store.sky.cones import WHOLE_SKY, Cone, angles, cone_around, unit_vectors
from store.sky.geometry import Geometry
from store.sky.shapes import build

DEEPEST = 14
"""The order of the smallest cells that are kept: 13 arcseconds."""

_LAST = 29
"""The deepest order that an integer of 64 bits has room for, by definition of zuniq."""

_SIZE = math.degrees(math.sqrt(4 * math.pi / 12))
"""Of a cell of order 0: the side of a square of the same area, in degrees."""

_FINER = 2
"""How many orders a search goes below that of a frame of its size: fewer frames to look at."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a cell of a frame is, if the frame may meet what is searched for: either of the two.

    Attributes:
        exact: Single cells, in order: those of the search, and those that they lie in.
        ranges: First and last integer of ranges, in order: the cells within those of the search.

    """

    exact: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]


def cells_of(area: str) -> tuple[int, ...]:
    """Return the cells that cover an area, at most a dozen, in order.

    There are none if the area is no polygon on the sphere: nothing can meet it.
    """
    return cells_of_all([area])[0]


def cells_of_all(areas: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the cells of each of some areas, as `cells_of` does: many cost little more than one.

    Each call of cdshealpix begins and ends a thread.
    """
    found: list[tuple[int, ...]] = [()] * len(areas)
    alike: dict[int, list[tuple[int, Cone]]] = defaultdict(list)
    for place, area in enumerate(areas):
        try:
            rings = rings_of(area)
            build("Polygon", [rings])
        except ValueError:
            continue
        cone = cone_around([position for ring in rings for position in ring])
        alike[_order_for(cone)].append((place, cone))
    for order, some in alike.items():
        around = _cells_around([cone for _, cone in some], order)
        for (place, _), cells in zip(some, around, strict=True):
            found[place] = tuple(sorted(_zuniq(order, cell) for cell in cells))
    return found


def search_of(geometry: Geometry) -> Search:
    """Return where to look for frames that may meet a geometry; all of it counts as one figure."""
    cone = cone_around(geometry.positions)
    order = _order_for(cone)
    (cells,) = _cells_around([cone], order)
    for _ in range(min(_FINER, DEEPEST - order) if cone.radius < WHOLE_SKY else 0):
        order += 1
        cells = [4 * cell + part for cell in cells for part in range(4)]
        (cells,) = _touched([cone], order, [cells])
    exact = {
        _zuniq(above, cell >> 2 * (order - above)) for cell in cells for above in range(order + 1)
    }
    ranges = [] if order == DEEPEST else [_within(order, cell) for cell in sorted(cells)]
    return Search(tuple(sorted(exact)), _merged(ranges))


def _order_for(cone: Cone) -> int:
    """Return the deepest order whose cells are twice as wide as the cone's radius."""
    return max(0, min(DEEPEST, math.floor(math.log2(_SIZE / (2 * cone.radius)))))


def _cells_around(cones: Sequence[Cone], order: int) -> list[list[int]]:
    """Return the cells that each cone touches, of the order for it or a lesser one.

    A cell's opposite edges are more than 0.65 of its size apart, and the cone's radius is at most
    half its size: from a cell in which its centre lies it reaches no further than the neighbours.
    """
    import astropy.units as u  # noqa: PLC0415 - a second, which only who asks for the sky should pay
    import numpy as np  # noqa: PLC0415 - as above
    from astropy.coordinates import Latitude, Longitude  # noqa: PLC0415 - as above
    from cdshealpix import nested  # noqa: PLC0415 - as above

    if order == 0:
        return _touched(cones, order, [list(range(12))] * len(cones))
    centres = nested.lonlat_to_healpix(
        Longitude(np.array([cone.ra for cone in cones]), u.deg),
        Latitude(np.array([cone.dec for cone in cones]), u.deg),
        order,
        num_threads=1,
    )
    around = nested.neighbours(centres, order, num_threads=1).tolist()
    return _touched(cones, order, [[cell for cell in cells if cell >= 0] for cells in around])


def _touched(cones: Sequence[Cone], order: int, cells: Sequence[list[int]]) -> list[list[int]]:
    """Return those of some cells, for each cone, that are near enough to touch it."""
    import numpy as np  # noqa: PLC0415 - as above
    from cdshealpix import nested  # noqa: PLC0415 - as above

    counts = [len(some) for some in cells]
    flat = np.array([cell for some in cells for cell in some], np.uint64)
    ra, dec = nested.healpix_to_lonlat(flat, order, num_threads=1)
    centres = unit_vectors(
        np.array([cone.ra for cone in cones]), np.array([cone.dec for cone in cones])
    )
    away = angles(unit_vectors(ra.deg, dec.deg), np.repeat(centres, counts, axis=0))
    reach = np.repeat([cone.radius for cone in cones], counts) + _reach(order)
    near = iter((away <= reach).tolist())
    return [[cell for cell in some if next(near)] for some in cells]


def _reach(order: int) -> float:
    """Return the degrees from the centre of any cell to its farthest corner, at most.

    As `max_pixrad` of the HEALPix library has it: between the northern corner and the centre of
    the cells where the polar caps begin, which are the longest.
    """
    side = 2**order
    z, turned = 2 / 3, math.pi / (4 * side)
    z_corner = 1 - (1 - 1 / side) ** 2 / 3
    across = math.sqrt((1 - z * z) * (1 - z_corner * z_corner)) * math.cos(turned)
    return math.degrees(math.acos(min(1.0, across + z * z_corner)))


def _zuniq(order: int, cell: int) -> int:
    return (2 * cell + 1) << 2 * (_LAST - order)


def _within(order: int, cell: int) -> tuple[int, int]:
    """Return the range of integers of a cell and of all within it."""
    zuniq, half = _zuniq(order, cell), 1 << 2 * (_LAST - order)
    return zuniq - half + 1, zuniq + half - 1


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join ranges of cells that are next to each other.

    The integer between the two is that of a cell that both lie in, or of none.
    """
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and merged[-1][1] + 2 == first:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return tuple(merged)
