"""Positions on the sky as people write and read them: in degrees, or sexagesimal."""

import re

_DEGREES = re.compile(r"[+-]?(?:[0-9]{1,4}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})", re.ASCII)
_PARTS = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,3})[:\s]+(?P<minutes>[0-9]{1,2})"
    r"(?:[:\s]+(?P<seconds>[0-9]{1,2}(?:\.[0-9]{0,12})?))?",
    re.ASCII,
)
_SIXTY = 60
_HOUR = 15.0
_POLE = 90.0
_TURN = 360.0


class PositionError(ValueError):
    """This is no coordinate; the text says what would be one."""


def read_ra(text: str) -> float:
    """Return a right ascension in degrees; with colons or blanks it is in hours.

    Raises PositionError.
    """
    degrees = _read(text, _HOUR)
    if degrees is None or not -_TURN <= degrees <= 2 * _TURN:
        raise PositionError("Enter degrees (150.05) or hours (10:00:12).")
    return degrees


def read_dec(text: str) -> float:
    """Return a declination in degrees, -90 to 90. Raises PositionError."""
    degrees = _read(text, 1.0)
    if degrees is None or abs(degrees) > _POLE:
        raise PositionError("Enter degrees from -90 to 90 (2.05 or +02:03:00).")
    return degrees


def plain(degrees: float) -> str:
    """Return a coordinate without an exponent, to a microarcsecond."""
    return f"{degrees:.10f}".rstrip("0").removesuffix(".")


def hours(ra: float) -> str:
    """Return a right ascension in hours, minutes and seconds."""
    return _parted(ra % _TURN / _HOUR, 1, 24)


def arc(dec: float) -> str:
    """Return a declination in degrees, minutes and seconds."""
    return ("-" if dec < 0 else "+") + _parted(abs(dec), 0, None)


def _read(text: str, unit: float) -> float | None:
    said = text.strip().replace("\N{MINUS SIGN}", "-")
    if _DEGREES.fullmatch(said):
        return float(said)
    found = _PARTS.fullmatch(said)
    if found is None:
        return None
    minutes, seconds = int(found["minutes"]), float(found["seconds"] or 0)
    if minutes >= _SIXTY or seconds >= _SIXTY:
        return None
    amount = (int(found["whole"]) + (minutes + seconds / _SIXTY) / _SIXTY) * unit
    return -amount if found["sign"] == "-" else amount


def _parted(amount: float, decimals: int, turn: int | None) -> str:
    scale = 10**decimals
    ticks = round(amount * _SIXTY * _SIXTY * scale)
    minutes, rest = divmod(ticks, _SIXTY * scale)
    whole, minutes = divmod(minutes, _SIXTY)
    width = 2 + (decimals + 1 if decimals else 0)
    seconds = f"{rest / scale:0{width}.{decimals}f}"
    return f"{whole if turn is None else whole % turn:02}:{minutes:02}:{seconds}"
