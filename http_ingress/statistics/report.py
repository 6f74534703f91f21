"""The report: all that the statistics page shows, its JSON and CSV, and its plots, are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.capabilities import CAPABILITIES, Capability
from store.database import Database
from store.statistics import summing, views
from store.statistics.counting import Figures
from store.statistics.summing import Capable, Latency, Usage
from store.statistics.views import Counted, Days, QueuePeak, Step, Took


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is of."""

    days: Days
    by: Step
    capability: str | None = None
    """None: all there are, and every type of event."""

    def capabilities(self) -> Sequence[Capability]:
        """Return those that it tells of."""
        chosen = [one for one in CAPABILITIES.values() if self.capability in {None, one.name}]
        return tuple(chosen)

    def tells_of(self, name: str) -> bool:
        """Whether events of this type belong to it."""
        if self.capability is None:
            return True
        (one,) = self.capabilities()
        return name in {*one.uses, *one.endings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of some days, and of all days."""

    asked: Asked
    at: datetime
    """When the database was looked at."""
    counted: Sequence[Counted]
    durations: Mapping[str, Mapping[int, int]]
    """How many took how long: by type, then bucket."""
    took: Sequence[Took]
    peaks: Sequence[QueuePeak]
    """Of the days for which there are samples."""
    totals: Mapping[str, Figures]
    """Of all days, by type."""

    def usage(self) -> list[Usage]:
        """Return how the capabilities were used, by time."""
        chosen = {one.name for one in self.asked.capabilities()}
        return [one for one in summing.usage(self.counted) if one.capability in chosen]

    def capabilities(self) -> list[Capable]:
        """Return how each capability was used on those days."""
        return self._chosen(summing.by_capability(summing.by_type(self.counted), self.durations))

    def types(self) -> list[tuple[str, Figures, Latency]]:
        """Return what was recorded on those days, by type."""
        return [
            (name, figures, summing.latency(self.durations.get(name, {}), [figures]))
            for name, figures in summing.by_type(self.counted).items()
        ]

    def total_capabilities(self) -> list[Capable]:
        """Return how each capability was ever used; nothing of how long it took."""
        return self._chosen(summing.by_capability(self.totals, {}))

    def archived_bytes(self) -> list[tuple[datetime, int]]:
        """Return how many bytes were archived, by time; what is nothing is left out."""
        found: dict[datetime, int] = {}
        for one in self.counted:
            if one.figures.bytes:
                found[one.at] = found.get(one.at, 0) + one.figures.bytes
        return sorted(found.items())

    def _chosen(self, found: Sequence[Capable]) -> list[Capable]:
        chosen = self.asked.capabilities()
        return [one for one in found if one.capability in chosen]


def look(database: Database, asked: Asked, now: datetime) -> Report:
    """Return the report: five statements. Blocking; raises DatabaseUnavailableError."""
    queues = {queue for one in asked.capabilities() for queue in one.consumers}
    end = min(asked.days.end, now + timedelta(minutes=1))
    return Report(
        asked=asked,
        at=now,
        counted=[
            one for one in views.counted(database, asked.days, asked.by) if asked.tells_of(one.type)
        ],
        durations={
            name: found
            for name, found in views.buckets(database, asked.days).items()
            if asked.tells_of(name)
        },
        took=[
            one
            for one in views.took(database, asked.days, asked.by)
            if asked.capability in {None, one.capability}
        ],
        peaks=[
            one
            for one in views.queue_peaks(database, asked.days.begin, end)
            if asked.capability is None or one.queue in queues
        ],
        totals={
            name: figures
            for name, figures in views.totals(database).items()
            if asked.tells_of(name)
        },
    )
