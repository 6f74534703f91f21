"""One lap: so many things through everything, how long it took, what it cost, whether all came."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Tell = Callable[[int], None]
"""Told how many of a lap's things have been sent so far."""
Report = Callable[[str, int], None]
"""Told what is under way, and how many more things have gone through."""

T_contra = TypeVar("T_contra", contravariant=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Lap:
    """What one lap showed."""

    things: int
    """Events, or files."""
    seconds: float
    """From the first request until the last result was durable and had left."""
    cpu: Mapping[str, float | None]
    """CPU seconds, by process; None: nobody knows."""
    lost: int
    """Things without a result."""
    doubled: int
    """Results beyond the first, and those that nobody asked for."""
    times: Sequence[float] = ()
    """Milliseconds that each took, where that is measured."""


class Course(Protocol[T_contra]):
    """A way through which things can be sent."""

    @property
    def name(self) -> str:
        """What it is."""
        ...

    def run(self, things: Sequence[T_contra], tell: Tell) -> Lap:
        """Send them through it. Raises MunimentError."""
        ...


def run_lap(what: str, course: Course[T], things: Sequence[T], report: Report) -> Lap:
    """Run one lap, and report how it goes on."""
    done = 0

    def tell(sent: int) -> None:
        nonlocal done
        report(f"{what}: {course.name}", sent - done)
        done = sent

    tell(0)
    lap = course.run(things, tell)
    tell(len(things))
    return lap


def conserved(sent: Collection[str], seen: Counter[str]) -> tuple[int, int]:
    """Return how many things are lost and doubled, by the results that were seen."""
    lost = sum(1 for one in sent if not seen[one])
    return lost, seen.total() - (len(sent) - lost)
