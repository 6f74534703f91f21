"""One lap: so many events through everything, how long it took, what it cost, whether all came."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Protocol

Tell = Callable[[int], None]
"""Told how many events of the lap have been sent so far."""

_LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Lap:
    """What one lap showed."""

    events: int
    seconds: float
    """From the first request to the last confirmed follow-on."""
    cpu: Mapping[str, float | None]
    """CPU seconds, by process; None: nobody knows."""
    lost: int
    """Events without a follow-on."""
    doubled: int
    """Follow-ons beyond the first, and those that nobody asked for."""


class Course(Protocol):
    """A way through which events can be sent."""

    @property
    def name(self) -> str:
        """What it is."""
        ...

    def run(self, ids: Sequence[str], tell: Tell) -> Lap:
        """Send one event per id through it. Raises MunimentError."""
        ...


def conserved(ids: Collection[str], seen: Counter[str]) -> tuple[int, int]:
    """Return how many of the events are lost and doubled, by the follow-ons that were seen."""
    lost = sum(1 for key in ids if not seen[key])
    return lost, seen.total() - (len(ids) - lost)


def wait_until(reached: Callable[[], bool], seconds: float) -> bool:
    """Look again and again; False when it was not reached in time."""
    deadline = monotonic() + seconds
    while not reached():
        if monotonic() > deadline:
            return False
        sleep(_LOOK_SECONDS)
    return True
