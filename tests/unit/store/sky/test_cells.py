"""The integers that a frame is found by."""

import json
import math

import pytest

from store.sky.area import read_area
from store.sky.cells import Search, cells_of, search_of
from store.sky.cones import unit_vectors
from store.sky.geometry import read_geometry

BASE = tuple((2 * cell + 1) << 58 for cell in range(12))
"""The cells of order 0, which are the whole sky."""


def box(ra: float, dec: float, half: float) -> str:
    west, east, south, north = ra - half, ra + half, dec - half, dec + half
    ring = [[east, south], [east, north], [west, north], [west, south], [east, south]]
    return read_area({"type": "Polygon", "coordinates": [ring]})


def order_of(cell: int) -> int:
    return 29 - ((cell & -cell).bit_length() - 1) // 2


def is_found(area: str, search: Search) -> bool:
    return any(
        cell in search.exact or any(first <= cell <= last for first, last in search.ranges)
        for cell in cells_of(area)
    )


@pytest.mark.parametrize(
    ("half", "order"), [(1e-5, 14), (0.001, 14), (0.05, 8), (0.1, 7), (1, 4), (10, 1), (40, 0)]
)
def test_cells_are_of_the_order_of_the_area(half: float, order: int) -> None:
    cells = cells_of(box(150, 2, half))
    assert {order_of(cell) for cell in cells} == {order}
    assert 1 <= len(cells) <= 12
    assert all(0 < cell < 2**63 for cell in cells)
    assert list(cells) == sorted(set(cells))


def test_half_the_sky_is_in_every_cell() -> None:
    ring = [[0, 0], [90, 0], [180, 0], [270, 0], [0, 0]]
    assert cells_of(json.dumps({"type": "Polygon", "coordinates": [ring]})) == BASE


def test_a_point_is_searched_by_single_cells() -> None:
    search = search_of(read_geometry("POINT(150 2)"))
    assert search.ranges == ()
    assert {order_of(cell) for cell in search.exact} == set(range(15))
    assert len(search.exact) <= 15 * 4


def test_ra_goes_around() -> None:
    searches = {search_of(read_geometry(f"POINT({ra} 2)")) for ra in (-210, 150, 510)}
    assert len(searches) == 1
    assert cells_of(box(-210, 2, 0.1)) == cells_of(box(150, 2, 0.1))


def test_a_line_around_the_sky_searches_all_of_it() -> None:
    search = search_of(read_geometry("LINESTRING(0 0,120 0,240 0)"))
    assert search.exact == BASE
    assert search.ranges == ((1, (24 << 58) - 1),)


@pytest.mark.parametrize("half", [0.01, 0.1, 0.5, 1, 3, 10, 30, 44])
@pytest.mark.parametrize("dec", [-45, -2, 0, 41.8, 45])
def test_a_search_stays_short(half: float, dec: float) -> None:
    ring = f"{0 - half} {dec - half},{half} {dec - half},{half} {dec + half},{-half} {dec - half}"
    search = search_of(read_geometry(f"POLYGON(({ring}))"))
    assert len(search.exact) <= 128
    assert 1 <= len(search.ranges) <= 32


def test_frames_of_all_sizes_are_found_and_those_elsewhere_are_not() -> None:
    point = search_of(read_geometry("POINT(150 2)"))
    polygon = search_of(read_geometry("POLYGON((149 1,151 1,151 3,149 3,149 1))"))
    for half in (1e-5, 1e-3, 0.1, 1, 10, 40):
        assert is_found(box(150, 2, half), point)
        assert is_found(box(150, 2, half), polygon)
        assert is_found(box(150.9, 2, half), polygon)
    assert not is_found(box(152, 2, 0.05), point)
    assert not is_found(box(156, 2, 0.5), polygon)


def test_cells_around_a_pole_do_not_bring_in_those_between() -> None:
    around = search_of(read_geometry("POLYGON((0 80,90 80,180 80,270 80,0 80))"))
    assert len(around.ranges) == 4
    for ra in range(0, 360, 15):
        assert is_found(box(ra, 89, 0.05), around)
        assert not is_found(box(ra, 60, 0.05), around)


@pytest.mark.parametrize("radius", [0.002, 0.06, 0.9, 1.7, 3.4, 7, 25])
def test_the_cells_are_all_that_the_rim_runs_through(radius: float) -> None:
    """Ask HEALPix itself in which cell each of many places is."""
    import astropy.units as u  # noqa: PLC0415 - a second, which only who runs this should wait
    import numpy as np  # noqa: PLC0415 - as above
    from astropy.coordinates import Latitude, Longitude  # noqa: PLC0415 - as above
    from cdshealpix.nested import lonlat_to_healpix  # noqa: PLC0415 - as above

    for turn in range(150):
        ra, dec = turn * 137.508 % 360, math.degrees(math.asin(2 * (turn + 0.5) / 150 - 1))
        steps = np.linspace(0, 2 * np.pi, 120)
        middle = unit_vectors(np.array([ra, ra + 90, ra]), np.array([dec, 0, dec + 90]))
        away = np.stack([np.ones(120) / np.tan(np.radians(radius)), np.cos(steps), np.sin(steps)])
        x, y, z = middle.T @ away
        ras, decs = np.arctan2(y, x) % (2 * np.pi), np.arctan2(z, np.hypot(x, y))
        ring = np.degrees([ras, decs]).T.tolist()
        cells = cells_of(read_area({"type": "Polygon", "coordinates": [[*ring[:-1], ring[0]]]}))
        order = order_of(cells[0])
        numbers = lonlat_to_healpix(
            Longitude(ras, u.rad), Latitude(decs, u.rad), order, num_threads=1
        )
        assert {(2 * int(number) + 1) << 2 * (29 - order) for number in numbers} <= set(cells)


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "null", '{"coordinates":[]}', '{"coordinates":[[[NaN,0]]]}']
)
def test_what_is_no_area_has_no_cells(text: str) -> None:
    assert cells_of(text) == ()
