"""What `muniment stats show` prints: rows of tables for people, JSON for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ByteSize

from store.statistics.counting import Figures
from store.statistics.summing import PARTS, Capable, Latency, latency

_PARTS = tuple(f"p{part * 100:.0f}" for part in PARTS)
_Table = tuple[Sequence[str], Sequence[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What was counted in some days."""

    capabilities: Sequence[Capable]
    figures: Mapping[str, Figures]
    """By type of event."""
    durations: Mapping[str, Mapping[int, int]]
    """How many took how long: by type, then bucket."""

    def only(self, capability: str | None) -> "Shown":
        """Return what one capability has a part in; None: all of it."""
        if capability is None:
            return self
        mine = [one for one in self.capabilities if one.capability.name == capability]
        types = {
            name
            for one in mine
            for name in (*one.capability.uses, *one.capability.endings, *one.capability.resources)
        }
        figures = {name: one for name, one in self.figures.items() if name in types}
        return Shown(mine, figures, self.durations)

    def latency(self, name: str) -> Latency:
        """Return how long events of a type took."""
        return latency(self.durations.get(name, {}), [self.figures[name]])


def capability_rows(shown: Shown) -> _Table:
    """Return the titles and the rows of the table of capabilities."""
    rows = [
        (
            one.capability.name,
            one.uses,
            one.served,
            one.failures,
            *map(_seconds, one.latency.percentiles),
        )
        for one in shown.capabilities
    ]
    return ("CAPABILITY", "USES", "SERVED", "FAILURES", *map(str.upper, _PARTS)), rows


def type_rows(shown: Shown) -> _Table:
    """Return the titles and the rows of the table of event types."""
    rows = [
        (
            name,
            one.events,
            ByteSize(one.bytes).human_readable() if one.bytes else "",
            *map(_seconds, shown.latency(name).percentiles),
        )
        for name, one in shown.figures.items()
    ]
    return ("TYPE", "EVENTS", "BYTES", *map(str.upper, _PARTS)), rows


def shown_json(shown: Shown) -> dict[str, Any]:
    """Return the same for programs; durations are seconds."""
    return {
        "capabilities": [
            {
                "capability": one.capability.name,
                "uses": one.uses,
                "served": one.served,
                "failures": one.failures,
                "latency": _latency_json(one.latency),
            }
            for one in shown.capabilities
        ],
        "types": [
            {
                "type": name,
                "events": one.events,
                "bytes": one.bytes,
                "latency": _latency_json(shown.latency(name)),
            }
            for name, one in shown.figures.items()
        ],
    }


def _latency_json(latency: Latency) -> dict[str, Any]:
    percentiles = dict(zip(_PARTS, latency.percentiles, strict=True))
    return {"events": latency.events, "mean": latency.mean, **percentiles}


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3g} s"
