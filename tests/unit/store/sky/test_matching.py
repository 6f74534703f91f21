"""Which areas cover or intersect what is searched for: places on the sky where planes go wrong."""

import json
import subprocess
import sys
from typing import Literal

import pytest

from store.sky.area import read_area
from store.sky.cells import cells_of, search_of
from store.sky.geometry import read_geometry
from store.sky.matching import matches

Pairs = list[tuple[float, float]]

FRAME: Pairs = [(150.05, 1.95), (150.05, 2.05), (149.95, 2.05), (149.95, 1.95), (150.05, 1.95)]
ACROSS: Pairs = [(359, -1), (361, -1), (361, 1), (359, 1), (359, -1)]
ACROSS_WRAPPED: Pairs = [(359, -1), (1, -1), (1, 1), (-1, 1), (359, -1)]
NORTH: Pairs = [(0, 80), (90, 80), (180, 80), (270, 80), (0, 80)]
SOUTH: Pairs = [(0, -80), (120, -80), (240, -80), (0, -80)]
TOUCHES_POLE: Pairs = [(0, 80), (10, 80), (10, 90), (0, 90), (0, 80)]
HEMISPHERE: Pairs = [(0, 0.1), (90, 0.1), (180, 0.1), (270, 0.1), (0, 0.1)]
TINY: Pairs = [(10, 20), (10.0003, 20), (10.0003, 20.0003), (10, 20.0003), (10, 20)]
CONCAVE: Pairs = [(0, 0), (10, 0), (10, 10), (5, 2), (0, 10), (0, 0)]
BAY: Pairs = [(0, 0), (1e-4, 0), (1e-4, 1e-4), (5e-5, 2e-5), (0, 1e-4), (0, 0)]
REPEATING: Pairs = [(0, 0), (0, 0), (2, 0), (2, 2), (2, 2), (0, 2), (0, 0), (0, 0)]

CROSSED: Pairs = [(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)]
BEYOND_THE_POLE: Pairs = [(0, 89), (10, 89), (10, 91), (0, 91), (0, 89)]
NO_SIZE: Pairs = [(5, 5)] * 5
OF_A_TABLE: Pairs = [(0, 0), (0, 1e300), (-1e300, 0), (0, 0)]
TOUCHING: Pairs = [(0, 0), (1, 1), (2, 0), (2, 2), (1, 1), (0, 2), (0, 0)]


def area(*rings: Pairs) -> str:
    return read_area({"type": "Polygon", "coordinates": json.loads(json.dumps(rings))})


def is_match(ring: Pairs, text: str, how: Literal["covers", "intersects"] = "covers") -> bool:
    """Ask for both ways around the ring, and see that the index agrees."""
    geometry = read_geometry(text)
    there, back = matches([area(ring), area(ring[::-1])], geometry, how)
    assert there == back
    if there:
        search = search_of(geometry)
        assert any(
            cell in search.exact or any(first <= cell <= last for first, last in search.ranges)
            for cell in cells_of(area(ring))
        )
    return there


@pytest.mark.parametrize(
    ("ring", "ra", "dec"),
    [
        (FRAME, 150, 2),
        (FRAME, 510, 2),
        (FRAME, -210, 2),
        (FRAME, 150.05, 1.95),  # its corners
        (FRAME, -209.95, 2.05),
        (FRAME, 150.05, 2),  # its edges along meridians
        (FRAME, 149.95, 2),
        (ACROSS, 0, 0),
        (ACROSS, 360, 0.5),
        (ACROSS, -0.99, 0),
        (ACROSS_WRAPPED, 359.5, 0),
        (ACROSS_WRAPPED, 0.5, 0),
        (NORTH, 0, 90),
        (NORTH, 123, 90),
        (NORTH, 90, 85),
        (NORTH, 45, 83),
        (SOUTH, 77, -90),
        (TOUCHES_POLE, 5, 85),
        (TOUCHES_POLE, 200, 90),
        (HEMISPHERE, 12, 45),
        (HEMISPHERE, 200, 90),
        (TINY, 10.0001, 20.0001),
        (CONCAVE, 1, 1),
        (CONCAVE, 5, 1.5),
        (REPEATING, 1, 1),
    ],
)
def test_an_area_covers_a_point(ring: Pairs, ra: float, dec: float) -> None:
    assert is_match(ring, f"POINT({ra} {dec})")
    assert is_match(ring, f"POINT({ra} {dec})", "intersects")


@pytest.mark.parametrize(
    ("ring", "ra", "dec"),
    [
        (FRAME, 330, -2),  # its antipode
        (FRAME, 150.050001, 2),
        (FRAME, 150, 1.949),
        (FRAME, 150, 1.95),  # a great circle between equal declinations runs nearer to the pole
        (ACROSS, 180, 0),
        (ACROSS, 1.0001, 0),
        (ACROSS_WRAPPED, 2, 0),
        (NORTH, 45, 81),  # as above: the edge's middle is at 82.9
        (NORTH, 0, -90),
        (SOUTH, 0, 90),
        (TOUCHES_POLE, 20, 85),
        (HEMISPHERE, 12, -1),
        (TINY, 10.0004, 20.0001),
        (CONCAVE, 5, 4),
    ],
)
def test_an_area_does_not_cover_a_point(ring: Pairs, ra: float, dec: float) -> None:
    assert not is_match(ring, f"POINT({ra} {dec})")
    assert not is_match(ring, f"POINT({ra} {dec})", "intersects")


@pytest.mark.parametrize(
    ("ring", "text", "covered", "intersected"),
    [
        (FRAME, "POLYGON((149.98 1.98,150.02 1.98,150.02 2.02,149.98 1.98))", True, True),
        (FRAME, "POLYGON((149.98 1.98,150.12 1.98,150.02 2.02,149.98 1.98))", False, True),
        (FRAME, "POLYGON((149 1,151 1,151 3,149 3,149 1))", False, True),
        (FRAME, "POLYGON((151 1,152 1,152 2,151 1))", False, False),
        # A side on the frame's: half an edge along a meridian, to the last bit or nearly so.
        (FRAME, "POLYGON((150.05 1.96,150.05 2.01,150 2,150.05 1.96))", True, True),
        (FRAME, "POLYGON((150.0500000001 1.96,150.05 2.01,150 2,150.0500000001 1.96))", True, True),
        (FRAME, "POLYGON((150.0500001 1.96,150.05 2.01,150 2,150.0500001 1.96))", False, True),
        (FRAME, "POLYGON((150.05 1.96,150.05 2.01,151 2,150.05 1.96))", False, True),
        (ACROSS, "POLYGON((359.5 -0.5,0.5 -0.5,0.5 0.5,359.5 0.5,359.5 -0.5))", True, True),
        (NORTH, "POLYGON((0 85,90 85,180 85,270 85,0 85))", True, True),
        (NORTH, "POLYGON((0 75,90 75,180 75,270 75,0 75))", False, True),
        (CONCAVE, "POLYGON((1 0.5,9 0.5,9 7,1 7,1 0.5))", False, True),
        # All corners are on the area, and what is between them is not.
        (CONCAVE, "POLYGON((0 10,10 10,5 2,0 10))", False, True),
        (BAY, "POLYGON((0 0.0001,0.0001 0.0001,0.00005 0.00002,0 0.0001))", False, True),
        (CONCAVE, "LINESTRING(0 10,10 10)", False, True),
        (CONCAVE, "LINESTRING(1 1,9 1)", True, True),
        (CONCAVE, "LINESTRING(1 1,9 1,9 12)", False, True),
        (CONCAVE, "LINESTRING(10 0,10 10)", True, True),
        (CONCAVE, "MULTIPOINT((1 1),(9 1),(10 10))", True, True),
        (CONCAVE, "MULTIPOINT((1 1),(9 1),(5 5))", False, True),
        (CONCAVE, "MULTIPOLYGON(((1 1,2 1,2 2,1 1)),((8 1,9 1,9 2,8 1)))", True, True),
        (CONCAVE, "MULTIPOLYGON(((1 1,2 1,2 2,1 1)),((18 1,19 1,19 2,18 1)))", False, True),
        (HEMISPHERE, "POLYGON((0 50,90 50,180 50,270 50,0 50))", True, True),
    ],
)
def test_figures(ring: Pairs, text: str, *, covered: bool, intersected: bool) -> None:
    assert is_match(ring, text) is covered
    assert is_match(ring, text, "intersects") is intersected


@pytest.mark.parametrize("ring", [FRAME, ACROSS, NORTH, SOUTH, TINY, CONCAVE])
def test_an_area_covers_itself(ring: Pairs) -> None:
    corners = ",".join(f"{ra} {dec}" for ra, dec in ring)
    assert is_match(ring, f"POLYGON(({corners}))")
    assert is_match(ring[::-1], f"LINESTRING({corners})")


@pytest.mark.parametrize("ring", [CROSSED, BEYOND_THE_POLE, NO_SIZE, OF_A_TABLE, TOUCHING])
def test_what_is_no_polygon_on_the_sphere_matches_nothing(ring: Pairs) -> None:
    for text in ("POINT(5 5)", "POINT(0 0)", "POINT(5 89)", "POLYGON((0 0,90 0,0 90,0 0))"):
        assert not is_match(ring, text)
        assert not is_match(ring, text, "intersects")
    assert cells_of(area(ring)) == ()


def test_a_hole_is_not_of_the_area() -> None:
    holed = area(
        [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)], [(4, 4), (6, 4), (6, 6), (4, 6), (4, 4)]
    )

    def covers(text: str) -> bool:
        return matches([holed], read_geometry(text), "covers") == [True]

    assert covers("POINT(1 1)")
    assert covers("POINT(4 4)")
    assert not covers("POINT(5 5)")
    assert not covers("POLYGON((3 3,7 3,7 7,3 7,3 3))")
    assert covers("POLYGON((3 3,7 3,7 7,3 7,3 3),(3.9 3.9,6.1 3.9,6.1 6.1,3.9 6.1,3.9 3.9))")


def test_answers_are_in_the_order_of_the_areas() -> None:
    areas = [area(NO_SIZE), area(FRAME), area(NORTH), area(FRAME), "no area"]
    point = read_geometry("POINT(150 2)")
    assert matches(areas, point, "covers") == [False, True, False, True, False]
    assert matches([], point, "covers") == []
    assert matches(["{}"], point, "intersects") == [False]


def test_importing_costs_no_second() -> None:
    slow = "{'numpy', 'shapely', 'spherely', 'astropy', 'cdshealpix'}"
    modules = "store.sky.area, store.sky.cells, store.sky.geometry, store.sky.matching"
    program = f"import sys, {modules}; sys.exit(str({slow} & set(sys.modules) or '') or None)"
    subprocess.run([sys.executable, "-c", program], check=True)
