"""The net of RA and DEC behind a chart: which lines, how they run, and what they are called."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from http_ingress.archive.html.tangent import Point, Position, Tangent

_LINES = 4
"""About so many in each direction."""
_STEPS = 48
"""Straight pieces of a line."""
_POLE = 90.0
_TURN = 360.0
_AROUND_A_POLE = 30.0
"""Degrees between the lines that meet there."""
_RA_STEPS = (
    *(15 / 3600 * one for one in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)),
    *(0.25 * one for one in (1, 2, 5, 10, 20, 30)),
    *(15.0, 30.0, 45.0, 90.0),
)
"""Degrees that are round in hours, minutes and seconds."""
_DEC_STEPS = (
    *(one / 3600 for one in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30)),
    *(one / 60 for one in (1, 2, 5, 10, 20, 30)),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 30.0),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the net."""

    points: tuple[Point, ...]
    label: str
    is_meridian: bool


def graticule(plane: Tangent, half: float) -> list[Line]:
    """Return the net for a square from -`half` to `half`, degrees."""
    edge = [
        (-half + 2 * half * step / _STEPS, side * half)
        for step in range(_STEPS + 1)
        for side in (-1, 1)
    ]
    seen = [plane.position(point) for x, y in edge for point in ((x, y), (y, x))]
    decs = [dec for _, dec in seen]
    low, high = min(decs), max(decs)
    pole = [_holds(plane, half, (0.0, end)) for end in (-_POLE, _POLE)]
    low, high = (-_POLE if pole[0] else low), (_POLE if pole[1] else high)
    turns = [(ra - plane.ra + 180.0) % 360.0 - 180.0 for ra, _ in seen]
    west, east = (-180.0, 180.0) if any(pole) else (min(turns), max(turns))
    return [
        *_meridians(plane, (west, east), (low, high)),
        *_parallels(plane, (west, east), (low, high)),
    ]


def _meridians(
    plane: Tangent, turns: tuple[float, float], decs: tuple[float, float]
) -> Iterator[Line]:
    whole = turns[1] - turns[0] >= _TURN
    step = _AROUND_A_POLE if whole else _step(turns[1] - turns[0], _RA_STEPS)
    first, last = ((plane.ra + turn) / step for turn in turns)
    for number in range(math.ceil(first), math.floor(last) + (0 if whole else 1)):
        ra = number * step
        yield from _line(
            plane, [(ra, dec) for dec in _between(*decs)], _ra_text(ra, step), is_meridian=True
        )


def _parallels(
    plane: Tangent, turns: tuple[float, float], decs: tuple[float, float]
) -> Iterator[Line]:
    step = _step(decs[1] - decs[0], _DEC_STEPS)
    for number in range(math.ceil(decs[0] / step), math.floor(decs[1] / step) + 1):
        dec = number * step
        if abs(dec) < _POLE:
            around = [(plane.ra + turn, dec) for turn in _between(*turns)]
            yield from _line(plane, around, _dec_text(dec, step), is_meridian=False)


def _line(
    plane: Tangent, positions: list[Position], label: str, *, is_meridian: bool
) -> Iterator[Line]:
    points = [point for position in positions if (point := plane.project(position)) is not None]
    if len(points) == len(positions):
        yield Line(tuple(points), label, is_meridian)


def _holds(plane: Tangent, half: float, position: Position) -> bool:
    point = plane.project(position)
    return point is not None and max(map(abs, point)) <= half


def _between(first: float, last: float) -> list[float]:
    return [first + (last - first) * step / _STEPS for step in range(_STEPS + 1)]


def _step(span: float, steps: tuple[float, ...]) -> float:
    return min(steps, key=lambda step: abs(span / step - _LINES))


def _ra_text(ra: float, step: float) -> str:
    """Return hours, minutes and seconds, as far as the step needs them."""
    decimals = max(0, -math.floor(math.log10(step * 240 + 1e-12) + 1e-9))
    ticks = round(ra % 360.0 * 240 * 10**decimals) % (86400 * 10**decimals)
    minutes, rest = divmod(ticks, 60 * 10**decimals)
    text = f"{minutes // 60}h"
    if step < 15.0:  # noqa: PLR2004 - degrees of an hour
        text += f"{minutes % 60:02}m"
    if step < 0.25:  # noqa: PLR2004 - degrees of a minute
        text += f"{rest / 10**decimals:0{2 + (decimals and decimals + 1)}.{decimals}f}s"
    return text


def _dec_text(dec: float, step: float) -> str:
    """Return degrees, minutes and seconds, as far as the step needs them."""
    decimals = max(0, -math.floor(math.log10(step * 3600 + 1e-12) + 1e-9))
    ticks = round(abs(dec) * 3600 * 10**decimals)
    minutes, rest = divmod(ticks, 60 * 10**decimals)
    text = f"{'−' if dec < 0 and ticks else '+'}{minutes // 60}°"  # noqa: RUF001 - a minus sign
    if step < 1.0:
        text += f"{minutes % 60:02}′"  # noqa: RUF001 - minutes of arc
    if step < 1 / 60:
        text += f"{rest / 10**decimals:0{2 + (decimals and decimals + 1)}.{decimals}f}″"
    return text
