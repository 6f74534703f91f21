"""The notations that a search is read from, and what is refused of them."""

import struct

import pytest

from store.sky.geometry import MOST_CHARACTERS, Geometry, GeometryError, read_geometry

SQUARE = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0))
HOLE = ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 0.5))

POINT = "Point must be specified with exact format 'POINT(RA DEC)'"
NOTATION = "Geometry must be a point, line or polygon as WKT, EWKT, HEXEWKB or GeoJSON"
CROSSED = "Polygon must have three corners, and must not cross or touch itself"


def hexewkb(ra: float, dec: float, *, srid: int = 4326, order: str = "<") -> str:
    return struct.pack(f"{order}BIIdd", order == "<", 0x20000001, srid, ra, dec).hex().upper()


@pytest.mark.parametrize(
    "text",
    [
        "POINT(150.1 -2.5)",
        "  point ( 150.1   -2.5 )\n",
        "POINT(510.1 -2.5)",
        "POINT(1501e-1 -2.5)",
        "SRID=4326;POINT(150.1 -2.5)",
        "srid=4326; POINT (150.1 -2.5)",
        hexewkb(150.1, -2.5),
        hexewkb(150.1, -2.5, order=">"),
        hexewkb(150.1, -2.5).lower(),
        struct.pack("<BIdd", 1, 1, 150.1, -2.5).hex(),
        '{"type": "Point", "coordinates": [150.1, -2.5]}',
        '{"coordinates":[510.1,-2.5],"type":"Point","crs":null}',
    ],
)
def test_a_point_in_each_notation(text: str) -> None:
    geometry = read_geometry(text)
    (((position,),),) = geometry.parts
    assert geometry.kind == "Point"
    assert position == pytest.approx((150.1, -2.5), abs=1e-12)


@pytest.mark.parametrize(("ra", "read"), [(-210, 150), (510, 150), (360, 0), (-0.0, 0), (0, 0)])
def test_ra_goes_around(ra: float, read: float) -> None:
    assert read_geometry(f"POINT({ra} 1)") == Geometry("Point", ((((read, 1.0),),),))


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        (
            "POLYGON((0 0,2 0,2 2,0 2,0 0),(0.5 0.5,1 0.5,1 1,0.5 0.5))",
            Geometry("Polygon", ((SQUARE, HOLE),)),
        ),
        (
            '{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]}',
            Geometry("Polygon", ((SQUARE,),)),
        ),
        (
            "MULTIPOLYGON(((0 0,2 0,2 2,0 2,0 0)),((7 7,8 7,8 8,7 7)))",
            Geometry(
                "MultiPolygon",
                ((SQUARE,), (((7.0, 7.0), (8.0, 7.0), (8.0, 8.0), (7.0, 7.0)),)),
            ),
        ),
        ("LINESTRING(359 0,361 1)", Geometry("LineString", ((((359.0, 0.0), (1.0, 1.0)),),))),
        (
            "MULTIPOINT((1 2),(3 4))",
            Geometry("MultiPoint", ((((1.0, 2.0),),), (((3.0, 4.0),),))),
        ),
    ],
)
def test_other_kinds(text: str, geometry: Geometry) -> None:
    assert read_geometry(text) == geometry
    assert hash(read_geometry(text)) == hash(geometry)


@pytest.mark.parametrize(
    "text",
    [
        "POINT",
        "POINT()",
        "POINT EMPTY",
        "POINT(1)",
        "POINT(1,2)",
        "POINT(1 2",
        "POINT(1 2) x",
        "POINT(1 2 3)",
        "POINT Z(1 2 3)",
        "POINT(1 2); DROP TABLE frames",
        "POINT(12:00:00 2)",
        "point(one two)",
        '{"type":"Point","coordinates":[]}',
    ],
)
def test_a_malformed_point_is_told_the_format(text: str) -> None:
    with pytest.raises(GeometryError) as refused:
        read_geometry(text)
    assert refused.value.reason == POINT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NOTATION),
        ("junk", NOTATION),
        ("1' OR '1'='1", NOTATION),
        ("CIRCULARSTRING(0 0,1 1,2 0)", NOTATION),
        ("GEOMETRYCOLLECTION(POINT(1 2))", NOTATION),
        ("POLYGON((0 0,1 0,1 1))", NOTATION),
        ("POLYGON EMPTY", NOTATION),
        ("MULTIPOINT(EMPTY,1 2)", NOTATION),
        ("POLYGON((0 0,1 0,1 1,0 0),EMPTY)", NOTATION),
        ("POINT(1 2)\0", NOTATION),
        ("POINT(１ 2)", NOTATION),  # noqa: RUF001 - a digit, not an ASCII one
        ("\ud800", NOTATION),
        ("[" * 5000, NOTATION),
        ('{"type":"Point","coordinates":[[1,2]]}', NOTATION),
        ('{"type":"Polygon","coordinates":' + "[" * 5000, NOTATION),
        ('{"type":"Point","coordinates":[1,' + "9" * 5000 + "]}", NOTATION),
        ('{"type":"GeometryCollection","geometries":[]}', NOTATION),
        ('{"type":"Point","coordinates":["\\ud800",1]}', NOTATION),
        ('{"type":{},"coordinates":[]}', NOTATION),
        ('{"type":"Point"}', NOTATION),
        ("00" * 40, "HEXEWKB must be a point, line or polygon in two dimensions"),
        ("SRID=4258;POINT(1 2)", "SRID must be 4326"),
        (hexewkb(1, 2, srid=3857), "SRID must be 4326"),
        (hexewkb(1, 2)[:-2], NOTATION),
        (f"SRID=4326;{hexewkb(1, 2)}", NOTATION),
        ("POINT(1 90.0001)", "DEC must be between -90 and 90 degrees"),
        ("POINT(1 -91)", "DEC must be between -90 and 90 degrees"),
        ("POINT(nan 1)", "RA and DEC must be finite numbers of degrees"),
        ("POINT(1 inf)", "RA and DEC must be finite numbers of degrees"),
        ("POINT(1e999 1)", "RA and DEC must be finite numbers of degrees"),
        (hexewkb(float("inf"), 1), "RA and DEC must be finite numbers of degrees"),
        ("POLYGON((0 0,1 1,1 0,0 1,0 0))", CROSSED),
        ("POLYGON((5 5,5 5,5 5,5 5))", CROSSED),
        ("POLYGON((0 0,2 0,2 2,0 0),(1 0.5,9 0.5,9 0.6,1 0.5))", CROSSED),
        (
            "LINESTRING(1 1,361 1)",
            "Line must have two positions that differ, and no edge to an antipode",
        ),
        (
            "POINT(1 2)" + " " * MOST_CHARACTERS + "x",
            "Geometry must have at most 100000 characters",
        ),
        (
            f"MULTIPOINT({','.join(['1 2'] * 10_001)})",
            "Geometry must have at most 10000 positions",
        ),
    ],
)
def test_what_is_no_geometry_is_refused(text: str, reason: str) -> None:
    with pytest.raises(GeometryError) as refused:
        read_geometry(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize("kind", [4, 5, 6, 7, 10, 15, 1001, 0x80000001, 0x40000001])
def test_hexewkb_that_nests_is_not_followed(kind: int) -> None:
    nested = struct.pack("<BII", 1, kind, 1) * 5000 + struct.pack("<BIdd", 1, 1, 1, 2)
    with pytest.raises(GeometryError, match="HEXEWKB must be"):
        read_geometry(nested.hex())


def test_a_polygon_with_more_than_it_has_is_refused() -> None:
    with pytest.raises(GeometryError, match="Geometry must be"):
        read_geometry(struct.pack("<BIII", 1, 3, 1, 0x7FFFFFFF).hex())
