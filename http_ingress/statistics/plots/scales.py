"""Scales of plots: units that fit what is shown, and ticks of time that fall on days and hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
_HOURS = (1, 2, 3, 6, 12)
_BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")
_SECONDS = (("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))


@dataclass(frozen=True, slots=True)
class Unit:
    """What numbers are divided by to be read."""

    name: str
    size: float


def bytes_unit(largest: float) -> Unit:
    """Return the unit of sizes."""
    unit, size = 0, 1.0
    while largest >= 1000 * size and unit < len(_BYTES) - 1:
        unit, size = unit + 1, size * 1000
    return Unit(_BYTES[unit], size)


def seconds_unit(largest: float) -> Unit:
    """Return the unit of times; two of it at least, where there is a smaller one."""
    for name, size in _SECONDS:
        if largest >= 2 * size:
            return Unit(name, size)
    return Unit("seconds", 1)


def seconds_text(seconds: float) -> str:
    """Return a time with the unit that fits it: `20 ms`, `1.5 s`, `3 min`, `4 h`, `2 d`."""
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{_digits(seconds / size)}\N{NO-BREAK SPACE}{name}"
    return f"{_digits(seconds * 1000)}\N{NO-BREAK SPACE}ms"


def time_ticks(begin: datetime, end: datetime, most: int) -> list[tuple[datetime, str]]:
    """Return up to `most` times from `begin` to before `end`, both of which are midnights.

    The day is named at its beginning, and the hour at any other time.
    """
    days = (end - begin) // _DAY
    if days > most:
        step = _DAY * -(-days // most)
    else:
        step = next((_DAY * hours / 24 for hours in _HOURS if days * 24 / hours <= most), _DAY)
    ticks, at = [], begin
    while at < end:
        ticks.append((at, f"{at.day}\N{NO-BREAK SPACE}{at:%b}" if at.hour == 0 else f"{at:%H:%M}"))
        at += step
    return ticks


def years(begin: datetime, end: datetime) -> str:
    """Return the years from `begin` to before `end`."""
    last = (end - timedelta(seconds=1)).year
    return f"{begin.year}" if begin.year == last else f"{begin.year}\N{EN DASH}{last}"


def joined(words: Sequence[str]) -> str:
    """Return words as in a sentence: `a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")  # noqa: PLR2004
