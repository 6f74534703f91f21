"""The figure that a search asks about: a point, line or polygon, in one of four notations.

They are those that PostGIS reads, and with it the OCS Science Archive 2.7: WKT, EWKT, HEXEWKB and
GeoJSON. Of each only what is flat: a collection may nest as deep as its text is long, and GEOS,
which reads them, would follow it until its stack ends.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.sky.shapes import MOST_POSITIONS, Kind, Position, Ring, Rings, build

if TYPE_CHECKING:
    import spherely

MOST_CHARACTERS = 100_000

_SRID = 4326
"""The reference system of longitude and latitude in degrees, which stand for RA and DEC."""

_WKT = re.compile(r"(POINT|MULTIPOINT|LINESTRING|POLYGON|MULTIPOLYGON)\s*\(", re.IGNORECASE)
_EWKT = re.compile(r"SRID=(\d{1,9});\s*", re.IGNORECASE)
_HEX = re.compile(r"0[01](?:[0-9A-F]{2}){4,}", re.IGNORECASE)

_POINT = "Point must be specified with exact format 'POINT(RA DEC)'"
_NOTATION = "Geometry must be a point, line or polygon as WKT, EWKT, HEXEWKB or GeoJSON"
_CROSSED = "Polygon must have three corners, and must not cross or touch itself"
_NO_FIGURE: dict[Kind, str] = {
    "LineString": "Line must have two positions that differ, and no edge to an antipode",
    "Polygon": _CROSSED,
    "MultiPolygon": _CROSSED,
}

_FLAT_WKB = (1, 2, 3)
"""Point, line and polygon in WKB; whatever else it knows can nest, or has more dimensions."""
_WITH_SRID = 0x20000000


class GeometryError(ValueError):
    """The text is no geometry on the sky; `reason` says why, and nothing of what was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Geometry:
    """A figure on the sky; two are equal if all their positions are.

    Attributes:
        kind: What it is, in the words of GeoJSON.
        parts: One, or those of a Multi-kind. A point or a line is one ring of its positions.
            RA is within 0 and 360, DEC within -90 and 90.

    """

    kind: Kind
    parts: tuple[Rings, ...]

    @property
    def positions(self) -> Ring:
        """All positions of all parts."""
        return tuple(position for rings in self.parts for ring in rings for position in ring)

    def shape(self) -> "spherely.Geography":
        """Return the figure that S2 reckons with."""
        return build(self.kind, self.parts)


def read_geometry(text: str) -> Geometry:
    """Read what came with a search.

    Args:
        text: WKT, EWKT of SRID 4326, HEXEWKB (no Multi-kinds), or GeoJSON.

    Raises:
        GeometryError: It is none of these, too large, or no figure on the sphere.

    """
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise GeometryError(f"Geometry must have at most {MOST_CHARACTERS} characters")
    if not text.isascii() or not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise GeometryError(_NOTATION)  # GEOS stops reading at a NUL
    geometry = _taken_apart(_parsed(text))
    try:
        geometry.shape()
    except ValueError as error:
        raise GeometryError(_NO_FIGURE.get(geometry.kind, _NOTATION)) from error
    return geometry


def _parsed(text: str) -> Any:  # noqa: ANN401 - shapely's geometries share no typed interface
    import numpy as np  # noqa: PLC0415 - a while, which only who searches the sky should pay
    import shapely  # noqa: PLC0415 - as above

    srid = _EWKT.match(text)
    if srid:
        _check_srid(int(srid[1]))
        text = text[srid.end() :]
    try:
        with np.errstate(all="ignore"):  # infinity, where a warning serves nobody, is told below
            if wkt := _WKT.match(text):
                return shapely.from_wkt(text)
            if srid is None and _HEX.fullmatch(text):
                return _parsed_wkb(bytes.fromhex(text))
            if srid is None and text.startswith("{"):
                return shapely.from_geojson(_flat_geojson(text))
    except (shapely.errors.ShapelyError, NotImplementedError) as error:
        raise GeometryError(_POINT if wkt and wkt[1].upper() == "POINT" else _NOTATION) from error
    raise GeometryError(_POINT if text.upper().startswith("POINT") else _NOTATION)


def _parsed_wkb(wkb: bytes) -> Any:  # noqa: ANN401 - as above
    import shapely  # noqa: PLC0415 - as above

    kind = int.from_bytes(wkb[1:5], "little" if wkb[0] else "big")
    if kind & ~_WITH_SRID not in _FLAT_WKB:
        raise GeometryError("HEXEWKB must be a point, line or polygon in two dimensions")
    parsed = shapely.from_wkb(wkb)
    _check_srid(int(shapely.get_srid(parsed)) or _SRID)
    return parsed


def _flat_geojson(text: str) -> str:
    """Return GeoJSON of the geometry alone, if it is one that cannot contain others."""
    try:
        value = json.loads(text)
        kind, coordinates = value["type"], value["coordinates"]
        if not _WKT.fullmatch(f"{kind}("):
            raise GeometryError(_NOTATION)
        return json.dumps({"type": kind, "coordinates": coordinates})
    except (KeyError, TypeError, RecursionError, ValueError) as error:
        raise GeometryError(_NOTATION) from error


def _check_srid(srid: int) -> None:
    if srid != _SRID:
        raise GeometryError(f"SRID must be {_SRID}")


def _taken_apart(parsed: Any) -> Geometry:  # noqa: ANN401 - as above
    kind: Kind = parsed.geom_type
    if parsed.is_empty or parsed.has_z or parsed.has_m:
        raise GeometryError(_POINT if kind == "Point" else _NOTATION)
    parts = tuple(
        tuple(
            tuple(_position(*position) for position in ring.coords)
            for ring in ([part.exterior, *part.interiors] if "Polygon" in kind else [part])
        )
        for part in getattr(parsed, "geoms", [parsed])
    )
    geometry = Geometry(kind, parts)
    if not all(ring for rings in parts for ring in rings):  # MULTIPOINT(EMPTY, ...) is not empty
        raise GeometryError(_NOTATION)
    if len(geometry.positions) > MOST_POSITIONS:
        raise GeometryError(f"Geometry must have at most {MOST_POSITIONS} positions")
    return geometry


def _position(ra: float, dec: float) -> Position:
    if not (math.isfinite(ra) and math.isfinite(dec)):
        raise GeometryError("RA and DEC must be finite numbers of degrees")
    if abs(dec) > 90:  # noqa: PLR2004 - the pole
        raise GeometryError("DEC must be between -90 and 90 degrees")
    return ra % 360.0, dec
