"""A chart of the sky around a frame, as SVG: presentation attributes, and no text of anybody's.

It looks the same on light and on dark pages: a piece of night sky.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from http_ingress.archive.html.footprints import Footprint, projected
from http_ingress.archive.html.graticule import Line, graticule
from http_ingress.archive.html.tangent import Point

_SIDE = 400
"""Of the picture, in its own units."""
_MARGIN = 56
"""Below and to the left of the map, for what the lines are called."""
_MAP = _SIDE - _MARGIN - 8
_TOP = 8
_WIDER = 1.9
"""How much more of the sky is shown than the frame."""

Place = Callable[[Point], Point]
"""Where a point of the plane is in the map."""

_NIGHT, _NET, _WORDS = "#10182b", "#33415f", "#c3cde2"
_FRAME, _NEIGHBOUR = "#ffb454", "#7aa7e0"
_COMPASS = f"""\
<path d="M352 52H374V30" fill="none" stroke="{_WORDS}" stroke-width="1.5"/>
<g fill="{_WORDS}" text-anchor="middle">
<text x="374" y="26">N</text><text x="345" y="56">E</text></g>
"""
"""In the upper right corner."""


def draw(footprint: Footprint, neighbours: Iterable[Footprint], title: str) -> str:
    """Return the chart; `title` says what it shows, and is of our own making."""
    plane = footprint.plane
    half = max(footprint.width, footprint.height) / 2 * _WIDER
    scale = _MAP / (2 * half)

    def place(point: Point) -> Point:
        return (half - point[0]) * scale, (half - point[1]) * scale

    lines = graticule(plane, half)
    around = [path for one in neighbours if (path := _path(one, plane_of=footprint, place=place))]
    own = _path(footprint, plane_of=footprint, place=place)
    net = "".join(f'<polyline points="{_points(map(place, one.points))}"/>' for one in lines)
    others = "".join(f'<path d="{path}"/>' for path in around)
    labels = "".join(_labels(lines, place))
    # The inner picture shows nothing beyond its edges.
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIDE} {_SIDE}" width="{_SIDE}"
  height="{_SIDE}" role="img" font-family="system-ui, sans-serif" font-size="11">
<title>{title}</title>
<rect width="{_SIDE}" height="{_SIDE}" rx="6" fill="{_NIGHT}"/>
<svg x="{_MARGIN}" y="{_TOP}" width="{_MAP}" height="{_MAP}">
<g fill="none" stroke="{_NET}">{net}</g>
<g fill="{_NEIGHBOUR}" fill-opacity="0.04" fill-rule="evenodd" stroke="{_NEIGHBOUR}"
  stroke-opacity="0.6">{others}</g>
<path d="{own}" fill="{_FRAME}" fill-opacity="0.22" fill-rule="evenodd" stroke="{_FRAME}"
  stroke-width="2" stroke-linejoin="round"/>
</svg>
<rect x="{_MARGIN}" y="{_TOP}" width="{_MAP}" height="{_MAP}" fill="none" stroke="{_NET}"/>
<g fill="{_WORDS}">{labels}</g>
{_COMPASS}
</svg>
"""


def _path(one: Footprint, *, plane_of: Footprint, place: Place) -> str:
    rings = projected(one.rings, plane_of.plane)
    if rings is None:
        return ""
    return "".join(f"M{_points(map(place, ring))}Z" for ring in rings)


def _labels(lines: Sequence[Line], place: Place) -> Iterable[str]:
    """Yield what meridians are called below the map, and parallels to the left of it."""
    for is_meridian, edge, room in ((True, float(_MAP), 56.0), (False, 0.0, 14.0)):
        taken: list[float] = []
        for line in lines:
            points = [place(point) for point in line.points]
            at = _crossing(points, int(is_meridian), edge)
            if line.is_meridian != is_meridian or at is None:
                continue
            if all(abs(at - other) >= room for other in taken):
                taken.append(at)
                yield _label(line, at)


def _label(line: Line, at: float) -> str:
    if line.is_meridian:
        x = min(max(_MARGIN + at, 30), _SIDE - 30)
        return f'<text x="{x:.1f}" y="{_MAP + _TOP + 18}" text-anchor="middle">{line.label}</text>'
    y = _TOP + at + 4
    return f'<text x="{_MARGIN - 5}" y="{y:.1f}" text-anchor="end">{line.label}</text>'


def _crossing(points: Sequence[Point], axis: int, edge: float) -> float | None:
    """Return where a line crosses an edge of the map, along it."""
    for one, other in pairwise(points):
        before, after = one[axis] - edge, other[axis] - edge
        if before * after <= 0 and before != after:
            share = before / (before - after)
            at = one[1 - axis] + share * (other[1 - axis] - one[1 - axis])
            if 0 <= at <= _MAP:
                return at
    return None


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
