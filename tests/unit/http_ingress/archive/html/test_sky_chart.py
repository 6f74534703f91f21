"""Charts of the sky: the plane they are drawn on, the net behind, and what is drawn."""

import json
import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http_ingress.archive.html.footprints import Footprint, angle, footprint_of
from http_ingress.archive.html.graticule import graticule
from http_ingress.archive.html.sky_chart import draw
from http_ingress.archive.html.tangent import Tangent, position_of, vector

SVG = "{http://www.w3.org/2000/svg}"
RAS, DECS = st.floats(0, 359.99), st.floats(-89.9, 89.9)


def square(ra: float, dec: float, half: float) -> Footprint:
    """Return a frame of so many degrees around a position."""
    plane = Tangent(ra, dec)
    corners = [(half, -half), (half, half), (-half, half), (-half, -half), (half, -half)]
    ring = [plane.position(corner) for corner in corners]
    found = footprint_of(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert found is not None
    return found


def test_north_is_up_and_east_is_positive() -> None:
    plane = Tangent(10, 20)
    assert plane.project((10, 20)) == pytest.approx((0, 0))
    x, y = plane.project((10, 21)) or (0, 0)
    assert y > abs(x)
    assert x == pytest.approx(0)
    x, _ = plane.project((11, 20)) or (0, 0)
    assert x == pytest.approx(math.cos(math.radians(20)), rel=1e-3)
    assert plane.project((190, -20)) is None
    assert plane.project((100.1, 0)) is None


@settings(max_examples=50)
@given(RAS, DECS, st.floats(-40, 40), st.floats(-40, 40))
def test_a_point_is_of_one_position(ra: float, dec: float, x: float, y: float) -> None:
    plane = Tangent(ra, dec)
    assert plane.project(plane.position((x, y))) == pytest.approx((x, y), abs=1e-6)
    position = position_of(vector((ra, dec)))
    assert vector(position) == pytest.approx(vector((ra, dec)))


@pytest.mark.parametrize(("ra", "dec"), [(150, 2), (0, 0), (359.99, -45), (80, 89.99), (3, -89.99)])
@pytest.mark.parametrize("half", [1e-4, 0.05, 5, 25])
def test_a_footprint_is_found_wherever_it_lies(ra: float, dec: float, half: float) -> None:
    found = square(ra, dec, half)
    assert (found.width, found.height) == pytest.approx((2 * half, 2 * half), rel=0.01)
    assert vector((found.ra, found.dec)) == pytest.approx(vector((ra, dec)), abs=1e-3)
    lines = graticule(found.plane, half * 2)
    for is_meridian in (True, False):
        some = [one for one in lines if one.is_meridian == is_meridian]
        assert 1 <= len(some) <= 13
        assert len({one.label for one in some}) == len(some)


def test_the_chart_is_of_plain_shapes() -> None:
    own, near, behind = square(150, 2, 0.1), square(150.05, 2.05, 0.1), square(330, -2, 0.1)
    chart = ET.fromstring(draw(own, [near, behind], "RA, DEC"))  # noqa: S314 - our own
    tags = {one.tag.removeprefix(SVG) for one in chart.iter()}
    assert tags == {"svg", "title", "rect", "g", "polyline", "path", "text"}
    # The frame, one neighbour, and the compass: what is behind us is not drawn.
    assert len(chart.findall(f".//{SVG}path")) == 3
    words = [one.text for one in chart.iter(f"{SVG}text")]
    assert {"N", "E", "10h00m00s", "+2°00\N{PRIME}"} <= set(words)


@pytest.mark.parametrize(
    ("name", "extremes"),
    [("pole", (0.0, 90.0)), ("seam", (0.0, 0.0)), ("south", (200.0, -90.0))],
)
def test_nothing_of_the_frame_is_outside_of_the_chart(
    name: str, extremes: tuple[float, float]
) -> None:
    chart = ET.fromstring(draw(square(*extremes, 3), [], name))  # noqa: S314 - our own
    inner = chart.find(f"{SVG}svg")
    assert inner is not None
    own = inner.findall(f"{SVG}path")[-1].attrib["d"]
    numbers = [float(one) for pair in own.strip("MZ").split() for one in pair.split(",")]
    assert min(numbers) > 0
    assert max(numbers) < float(inner.attrib["width"])


@pytest.mark.parametrize(
    "area",
    [
        "{}",
        '{"type":"Polygon","coordinates":[[[0,0],[0,100],[1,1],[0,0]]]}',
        '{"type":"Polygon","coordinates":[[[0,0],[90,0],[180,0],[270,0],[0,0]]]}',
        '{"type":"Polygon","coordinates":[[[0,0],[0,89],[179,0],[0,0]]]}',
        '{"type":"Polygon","coordinates":[[[1,1],[1,1],[1,1],[1,1]]]}',
        json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]] * 400]}),
    ],
)
def test_what_cannot_be_drawn(area: str) -> None:
    assert footprint_of(area) is None


@pytest.mark.parametrize(
    ("degrees", "text"),
    [(2, "2°"), (0.5, "30\N{PRIME}"), (0.001, "3.6\N{DOUBLE PRIME}"), (0.2604, "15.6\N{PRIME}")],
)
def test_angles_for_people(degrees: float, text: str) -> None:
    assert angle(degrees) == text
