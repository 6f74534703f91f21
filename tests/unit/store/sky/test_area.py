"""What is taken as the area of a frame, and how it is told."""

import json

import pytest

from store.sky.area import AreaError, notice_text, read_area, rings_of
from store.sky.shapes import MOST_POSITIONS

SQUARE = [[150.05, 1.95], [150.05, 2.05], [149.95, 2.05], [149.95, 1.95], [150.05, 1.95]]
KEPT = (
    '{"type":"Polygon","coordinates":'
    "[[[150.05,1.95],[150.05,2.05],[149.95,2.05],[149.95,1.95],[150.05,1.95]]]}"
)


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_an_area_is_kept_as_sent() -> None:
    assert read_area(polygon(SQUARE)) == KEPT


def test_numbers_stay_what_they_were() -> None:
    text = '{"type":"Polygon","coordinates":[[[-210,1],[510.1,1e-09],[1e+22,2.0],[-210,1]]]}'
    assert read_area(json.loads(text)) == text


def test_other_members_are_left_out() -> None:
    assert read_area({**polygon(SQUARE), "crs": {"type": "name"}, "bbox": [0]}) == KEPT


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param([[0, 89], [9, 89], [9, 91], [0, 91], [0, 89]], id="beyond the pole"),
        pytest.param([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], id="crosses itself"),
        pytest.param([[5, 5]] * 5, id="no size"),
        pytest.param([[0, 0], [0, 1e300], [-1e300, 0], [0, 0]], id="table, not image"),
    ],
)
def test_nonsense_of_clients_is_taken(ring: object) -> None:
    assert json.loads(read_area(polygon(ring))) == polygon(ring)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "it must be a GeoJSON object."),
        ("POLYGON((0 0,1 0,1 1,0 0))", "it must be a GeoJSON object."),
        ([SQUARE], "it must be a GeoJSON object."),
        ({}, 'its "type" must be "Polygon".'),
        ({"type": "Point", "coordinates": [0, 0]}, 'its "type" must be "Polygon".'),
        ({"type": ["Polygon"], "coordinates": [SQUARE]}, 'its "type" must be "Polygon".'),
        ({"type": "MultiPolygon", "coordinates": [[SQUARE]]}, 'its "type" must be "Polygon".'),
        ({"type": "Polygon"}, "its coordinates must be a list of rings."),
        ({"type": "Polygon", "coordinates": "x"}, "its coordinates must be a list of rings."),
        (polygon(), "it must have a ring."),
        (polygon(7), "a ring must be a list of positions."),
        (polygon([]), "a ring must have at least 4 positions."),
        (polygon([[0, 0], [1, 1], [0, 0]]), "a ring must have at least 4 positions."),
        (polygon(SQUARE[:4]), "a ring must be closed: its last position must equal its first."),
        (polygon([*SQUARE[:4], {}]), "a position must be a list of two numbers."),
        (polygon([*SQUARE[:4], [1]]), "a position must have two numbers."),
        (polygon([[*one, 0] for one in SQUARE]), "a position must have two numbers."),
        (polygon([["1", 2]] * 4), "a position must consist of numbers."),
        (polygon([[True, 2]] * 4), "a position must consist of numbers."),
        (polygon([[None, 2]] * 4), "a position must consist of numbers."),
        (polygon([[float("nan"), 2]] * 4), "a number must be finite."),
        (polygon([[float("-inf"), 2]] * 4), "a number must be finite."),
        (polygon([[10**400, 2]] * 4), "a number must be finite."),
        (polygon([[0, 0]] * 6000, [[0, 0]] * 6000), "it must have at most 10000 positions."),
    ],
)
def test_what_is_no_polygon_is_refused(value: object, why: str) -> None:
    with pytest.raises(AreaError) as refused:
        read_area(value)
    assert str(refused.value) == f"Invalid polygon: {why}"


def test_as_many_positions_as_allowed() -> None:
    assert len(rings_of(read_area(polygon([[0, 0]] * MOST_POSITIONS)))[0]) == MOST_POSITIONS


def test_the_rings_of_an_area() -> None:
    hole = [[150, 2], [150.01, 2], [150.01, 2.01], [150, 2]]
    rings = rings_of(read_area(polygon(SQUARE, hole)))
    assert [len(ring) for ring in rings] == [5, 4]
    assert rings[1][0] == (150.0, 2.0)


@pytest.mark.parametrize(
    "text", ["", "null", "{}", '{"coordinates":[[[1,2,3]]]}', "[1", '{"coordinates":[[]]}']
)
def test_what_is_no_area_has_no_rings(text: str) -> None:
    with pytest.raises(AreaError):
        rings_of(text)


def test_the_notice_has_the_blanks_of_the_original() -> None:
    assert notice_text(KEPT) == (
        '{ "type": "Polygon", "coordinates": [ [ [ 150.05, 1.95 ], [ 150.05, 2.05 ], '
        "[ 149.95, 2.05 ], [ 149.95, 1.95 ], [ 150.05, 1.95 ] ] ] }"
    )


def test_the_notice_has_decimals_and_no_exponents() -> None:
    ring = [[150, -0.5], [1e-07, 1e22], [0.1 + 0.2, 1e-16], [123.12345678901234, 2.0], [150, -0.5]]
    assert notice_text(read_area(polygon(ring))) == (
        '{ "type": "Polygon", "coordinates": [ [ [ 150.0, -0.5 ], '
        "[ 0.0000001, 10000000000000000000000.0 ], [ 0.3, 0.0 ], "
        "[ 123.12345678901234, 2.0 ], [ 150.0, -0.5 ] ] ] }"
    )


def test_the_notice_tells_holes() -> None:
    hole = [[0, 0], [1, 0], [1, 1], [0, 0]]
    told = json.loads(notice_text(read_area(polygon(SQUARE, hole))))
    assert told == polygon(SQUARE, hole)
