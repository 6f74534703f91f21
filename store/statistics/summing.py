"""What figures add up to: how capabilities were used, and how long it took. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.capabilities import CAPABILITIES, Capability
from store.statistics.counting import Figures
from store.statistics.durations import percentile
from store.statistics.views import Counted

PARTS = (0.5, 0.9, 0.99)
"""The percentiles that are told: of the events, so many took no longer."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long it took from the causes of some events to these, seconds."""

    events: int = 0
    """Those that have a cause in the ledger."""
    mean: float | None = None
    """None: there are none."""
    percentiles: tuple[float | None, ...] = (None,) * len(PARTS)
    """One for each of `PARTS`; each up to a fifth too high."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How one capability was used in one day or hour."""

    at: datetime
    capability: str
    uses: int
    served: int
    """Uses that have come to something; they may have been asked for earlier."""
    failures: int
    """Uses that have come to nothing; they may have been asked for earlier."""


@dataclass(frozen=True, slots=True)
class Capable:
    """One capability, over some time."""

    capability: Capability
    uses: int = 0
    served: int = 0
    failures: int = 0
    latency: Latency = Latency()
    """Of those that were served or failed."""


def usage(found: Iterable[Counted]) -> list[Usage]:
    """Return how each capability was used, by time; a time without use, end or failure has none."""
    by_time: dict[datetime, dict[str, Figures]] = defaultdict(dict)
    for one in found:
        by_time[one.at][one.type] = one.figures
    return [
        Usage(at, one.name, *numbers)
        for at, figures in sorted(by_time.items())
        for one in CAPABILITIES.values()
        if any(numbers := _uses(one, figures))
    ]


def by_type(found: Iterable[Counted]) -> dict[str, Figures]:
    """Return the figures by type, of all times together."""
    added: dict[str, Figures] = defaultdict(Figures)
    for one in found:
        added[one.type].add(one.figures)
    return dict(sorted(added.items()))


def by_capability(
    figures: Mapping[str, Figures], durations: Mapping[str, Mapping[int, int]]
) -> list[Capable]:
    """Return what figures and buckets, both by type, say of every capability there is."""
    return [
        Capable(
            one,
            *_uses(one, figures),
            latency(
                sum((Counter(durations.get(name, {})) for name in one.endings), Counter()),
                [figures[name] for name in one.endings if name in figures],
            ),
        )
        for one in CAPABILITIES.values()
    ]


def latency(buckets: Mapping[int, int], figures: Collection[Figures] = ()) -> Latency:
    """Return what buckets say of how long it took; the mean is that of the figures."""
    timed = sum(one.timed for one in figures)
    microseconds = sum(one.microseconds for one in figures)
    return Latency(
        events=sum(buckets.values()),
        mean=microseconds / timed / 1_000_000 if timed else None,
        percentiles=tuple(percentile(buckets, part) for part in PARTS),
    )


def _uses(one: Capability, figures: Mapping[str, Figures]) -> tuple[int, int, int]:
    def number(names: Iterable[str]) -> int:
        return sum(figures[name].events for name in names if name in figures)

    uses = sum(figures[name].uses for name in one.uses if name in figures)
    return uses, number(one.served), number(one.failures)
