"""Wherever on the sky: the exact answer is that of vector algebra, and the index never hides it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from store.sky.area import read_area
from store.sky.cells import cells_of, search_of
from store.sky.geometry import Geometry, GeometryError, read_geometry
from store.sky.matching import matches

Vector = tuple[float, float, float]
Place = tuple[float, float]
"""RA and DEC in degrees."""

SECTORS = 7


def vector(place: Place) -> Vector:
    east, north = map(math.radians, place)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


@dataclass(frozen=True)
class Spot:
    """A place on the sky to draw around, and a radius; all in degrees."""

    ra: float
    dec: float
    radius: float

    def go(self, direction: float, part: float) -> Place:
        """Go some part of the radius along a great circle; the direction is in radians."""
        middle = vector((self.ra, self.dec))
        east = (-math.sin(math.radians(self.ra)), math.cos(math.radians(self.ra)), 0.0)
        north = cross(middle, east)
        far = math.radians(self.radius * part)
        x, y, z = (
            math.cos(far) * m + math.sin(far) * (math.cos(direction) * e + math.sin(direction) * n)
            for m, e, n in zip(middle, east, north, strict=True)
        )
        return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))

    def ring(self, parts: Sequence[float]) -> list[Place]:
        """Draw a ring, closed; it is convex if all parts are equal."""
        corners = [
            self.go(2 * math.pi * sector / len(parts), part) for sector, part in enumerate(parts)
        ]
        return [*corners, corners[0]]


ras = st.sampled_from([0.0, 45.0, 90.0, 359.9999999, 180.0, 270.0]) | st.floats(-720, 720)
decs = st.sampled_from([90.0, -90.0, 89.9999, -89.99, 0.0, 41.8103148957786]) | st.floats(-90, 90)
radii = st.floats(-5.5, 1.94).map(lambda exponent: float(10**exponent))
"""From a hundredth of an arcsecond to 87 degrees; small ones as often as large."""

spots = st.builds(Spot, ras, decs, radii)
spokes = st.lists(st.floats(0.3, 1), min_size=SECTORS, max_size=SECTORS)
directions = st.floats(0, 2 * math.pi)
ways = st.sampled_from([1, -1])


def area_of(ring: Sequence[Place]) -> str:
    return read_area({"type": "Polygon", "coordinates": [[list(place) for place in ring]]})


def read(kind: str, coordinates: object) -> Geometry:
    return read_geometry(json.dumps({"type": kind, "coordinates": coordinates}))


def is_found(area: str, geometry: Geometry) -> bool:
    search = search_of(geometry)
    return any(
        cell in search.exact or any(first <= cell <= last for first, last in search.ranges)
        for cell in cells_of(area)
    )


@given(spots, st.integers(3, 9), ways, directions, st.floats(0, 1.5))
def test_an_area_covers_what_is_left_of_all_its_edges(
    spot: Spot, corners: int, way: int, direction: float, part: float
) -> None:
    ring = spot.ring([1.0] * corners)
    place = spot.go(direction, part)
    edges = [cross(vector(start), vector(end)) for start, end in pairwise(ring)]
    # How far it is to the left of the nearest edge, as the sine of that angle.
    left = min(dot(edge, vector(place)) / math.sqrt(dot(edge, edge)) for edge in edges)
    if abs(left) > 1e-6 * math.radians(spot.radius) + 1e-10:  # on an edge both answers would do
        assert matches([area_of(ring[::way])], read("Point", place), "covers") == [left > 0]


@given(spots, spokes, ways, st.integers(0, SECTORS - 1), st.floats(0, 1))
def test_what_an_area_covers_is_found_by_its_cells(
    spot: Spot, parts: list[float], way: int, sector: int, part: float
) -> None:
    area = area_of(spot.ring(parts)[::way])
    within = read("Point", spot.go(2 * math.pi * sector / SECTORS, part * parts[sector]))
    assert matches([area], within, "covers") == [True]
    assert is_found(area, within)


@given(spots, spokes, spots, st.tuples(directions, st.floats(0, 1.5)), spokes)
def test_what_meets_an_area_is_found_by_its_cells(
    spot: Spot, parts: list[float], other: Spot, way: tuple[float, float], others: list[float]
) -> None:
    area = area_of(spot.ring(parts))
    near = Spot(*spot.go(*way), other.radius)
    geometry = read("Polygon", [near.ring(others)])
    if matches([area], geometry, "intersects") == [True]:
        assert is_found(area, geometry)
    else:
        assert matches([area], geometry, "covers") == [False]


@settings(max_examples=50)
@given(spots, spokes, ways, st.floats(0.1, 0.9))
def test_an_area_covers_itself_and_what_is_smaller(
    spot: Spot, parts: list[float], way: int, part: float
) -> None:
    ring = spot.ring(parts)
    smaller = Spot(spot.ra, spot.dec, spot.radius * part)
    areas = [area_of(ring[::way]), area_of(smaller.ring(parts))]
    itself = read("Polygon", [ring])
    assert matches(areas, itself, "covers") == [True, False]
    assert matches(areas, itself, "intersects") == [True, True]
    assert is_found(areas[0], itself)
    assert matches(areas, read("MultiPoint", ring), "covers") == [True, False]
    inner = read("Polygon", [smaller.ring([0.3] * SECTORS)])
    assert matches([area_of(spot.ring([1.0] * SECTORS))], inner, "covers") == [True]


@given(
    st.lists(
        st.tuples(st.floats(-1e3, 1e3) | st.floats(allow_nan=False, allow_infinity=False), decs),
        min_size=3,
        max_size=6,
    ),
    st.tuples(ras, decs),
)
def test_no_area_makes_a_search_fail(ring: list[Place], place: Place) -> None:
    area, point = area_of([*ring, ring[0]]), read("Point", place)
    if matches([area], point, "covers") == [True]:
        assert is_found(area, point)
    matches([area], read("LineString", [place, (place[0] + 1, 1)]), "intersects")


TEXTS = [
    "POINT(1 2)",
    "SRID=4326;POLYGON((0 0,10 0,10 10,0 0),(4 1,5 1,5 2,4 1))",
    "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))",
    '{"type":"MultiPoint","coordinates":[[0,0],[1,0]]}',
    "0101000020E6100000000000000000F03F0000000000000040",
    "0102000020E610000002000000000000000000F03F000000000000004000000000000008400000000000001040",
]
changes = st.dictionaries(
    st.integers(0, 100), st.sampled_from("0123456789ABCDEF(),. -[]{}\";'\0nxé"), max_size=3
)


def changed(text: str, letters: Mapping[int, str]) -> str:
    return "".join(letters.get(at, letter) for at, letter in enumerate(text))


@given(
    st.text()
    | st.builds("POINT({})".format, st.text())
    | st.binary(max_size=60).map(lambda some: f"01{some.hex()}")
    | st.builds(changed, st.sampled_from(TEXTS), changes)
)
def test_any_text_is_a_geometry_or_refused(text: str) -> None:
    try:
        geometry = read_geometry(text)
    except GeometryError:
        return
    square = area_of([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)])
    if matches([square], geometry, "covers") == [True]:
        assert matches([square], geometry, "intersects") == [True]
        assert is_found(square, geometry)
