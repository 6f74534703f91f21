"""What one event adds to the figures: a pure function of what the ledger says of it.

Consumer and rebuild share it, which is why they must agree.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from pydantic_core import from_json

from schemas.capabilities import CAPABILITY_OF, SIZED
from store.statistics.durations import bucket_of

_MICROSECOND = timedelta(microseconds=1)
_LONGEST_RESOURCE = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """One event, as the ledger has it."""

    position: int
    type: str
    recorded_at: datetime
    caused_at: datetime | None
    """When its cause was recorded; None: it has none in the ledger."""
    ours: bool
    """A consumer of ours says so, and not somebody else."""
    data: str
    """JSON, or whatever an outsider sent."""


@dataclass(slots=True)
class Figures:
    """What is counted of the events of one type."""

    events: int = 0
    bytes: int = 0
    timed: int = 0
    microseconds: int = 0
    uses: int = 0

    def add(self, other: "Figures") -> None:
        """Add another's."""
        self.events += other.events
        self.bytes += other.bytes
        self.timed += other.timed
        self.microseconds += other.microseconds
        self.uses += other.uses


FIGURES = tuple(one.name for one in fields(Figures))
"""What they are called, here and in the tables."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What some events add up to."""

    hours: dict[tuple[datetime, str], Figures] = field(
        default_factory=lambda: defaultdict[tuple[datetime, str], Figures](Figures)
    )
    """By the hour's beginning, and type."""
    durations: Counter[tuple[datetime, str, int]] = field(
        default_factory=Counter[tuple[datetime, str, int]]
    )
    """By the hour's beginning, type, and bucket."""
    resources: dict[tuple[datetime, str, str], Figures] = field(
        default_factory=lambda: defaultdict[tuple[datetime, str, str], Figures](Figures)
    )
    """By the day's beginning, capability, and resource; events and bytes only."""
    uses: dict[str, list[int]] = field(default_factory=lambda: defaultdict[str, list[int]](list))
    """Ledger positions of the uses, by capability."""

    def totals(self) -> dict[str, Figures]:
        """Return the figures of all hours, by type."""
        found: dict[str, Figures] = defaultdict(Figures)
        for (_, name), figures in self.hours.items():
            found[name].add(figures)
        return dict(found)


def count(seen: Iterable[Seen], tally: Tally | None = None) -> Tally:
    """Return what the events add up to, each counted once; added to `tally`, where one is given."""
    tally = Tally() if tally is None else tally
    for one in seen:
        _count(one, tally)
    return tally


def _count(one: Seen, tally: Tally) -> None:
    hour = one.recorded_at.replace(minute=0, second=0, microsecond=0)
    capability = CAPABILITY_OF.get(one.type)
    resource_field = None if capability is None else capability.resources.get(one.type)
    is_sized = one.ours and one.type in SIZED
    said = _object(one.data) if is_sized or resource_field is not None else {}
    is_use = capability is not None and capability.is_used_by(one.type, ours=one.ours)
    added = Figures(events=1, bytes=_size(said) if is_sized else 0, uses=int(is_use))
    if one.caused_at is not None:
        # Where the clock was put back meanwhile, it took no time.
        added.timed = 1
        added.microseconds = max(0, (one.recorded_at - one.caused_at) // _MICROSECOND)
        tally.durations[hour, one.type, bucket_of(added.microseconds)] += 1
    tally.hours[hour, one.type].add(added)
    if capability is None:
        return
    if is_use:
        tally.uses[capability.name].append(one.position)
    resource = None if resource_field is None else said.get(resource_field)
    if isinstance(resource, str) and resource:
        named = resource.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_RESOURCE]
        figures = Figures(events=1, bytes=added.bytes)
        tally.resources[hour.replace(hour=0), capability.name, named].add(figures)


def _object(data: str) -> dict[str, object]:
    try:
        said = from_json(data)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _size(said: dict[str, object]) -> int:
    size = said.get("size")
    return size if isinstance(size, int) and size > 0 else 0
