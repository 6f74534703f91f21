"""From laps to figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from ops.bench.laps import Lap


@dataclass(frozen=True, slots=True)
class Spread:
    """Several values of one quantity."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        digits = max(0, 3 - len(str(int(self.median))))
        low, middle, high = (f"{one:.{digits}f}" for one in (self.least, self.median, self.most))
        return f"{middle} ({low}-{high})" if low != high else middle


@dataclass(frozen=True, slots=True)
class Figures:
    """What the laps of one course come to."""

    course: str
    things: int
    """Events or files, all that were sent."""
    lost: int
    doubled: int
    per_second: Spread
    ratio: Spread
    """To the floor of the same round."""
    cpu_per_1000: Mapping[str, float | None]
    """CPU seconds per 1000 things, by process, over all laps."""


def spread(values: Iterable[float]) -> Spread:
    """Return the median and both ends."""
    found = list(values)
    return Spread(median(found), min(found), max(found))


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value that the given part of all values does not exceed."""
    return sorted(values)[max(0, ceil(part * len(values)) - 1)]


def figures(course: str, laps: Sequence[Lap], floor: Sequence[Lap]) -> Figures:
    """Return what a course's laps come to, against the floor's laps of the same rounds."""
    pairs = zip(map(_rate, laps), map(_rate, floor), strict=True)
    return Figures(
        course=course,
        things=sum(lap.things for lap in laps),
        lost=sum(lap.lost for lap in laps),
        doubled=sum(lap.doubled for lap in laps),
        per_second=spread(map(_rate, laps)),
        ratio=spread(rate / least for rate, least in pairs),
        cpu_per_1000={name: _cpu_per_1000(name, laps) for name in laps[0].cpu},
    )


def _rate(lap: Lap) -> float:
    return lap.things / lap.seconds


def _cpu_per_1000(name: str, laps: Sequence[Lap]) -> float | None:
    used = [lap.cpu[name] for lap in laps]
    known = [one for one in used if one is not None]
    if len(known) < len(used):
        return None
    return 1000 * sum(known) / sum(lap.things for lap in laps)
