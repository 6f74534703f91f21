"""Tables of the event stream: what is counted of it, and how a figure stands in its Kafka topic.

Each table is a compacted topic of its own, the changelog of who counts. The newest record of a key
is the figure: a JSON list of the table's figures, with the last ledger position counted into it at
the end, so that an event that comes again is recognised. A key is `"PARTITION|NAME"`, and in a
table of windows `["PARTITION|NAME", [START, END]]` (Unix seconds). The partition, that of the
events, is part of it because each partition is counted for itself: the figure of a name is the sum
over all of them. A record without a value takes its key away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

KEPT = timedelta(days=7)
"""How long a window can be asked for, from its beginning. An event that is older when it is counted
is in the totals alone: a window is shown whole, or not at all."""

UNKNOWN = "unknown"
"""The instrument of bytes that nobody gave one."""


@dataclass(frozen=True, slots=True)
class StreamTable:
    """One table."""

    name: str
    """As it stands in URLs, and in the name of its topic."""
    summary: str
    by: str
    """What each of its names is: a type, an instrument, a capability."""
    figures: tuple[str, ...]
    """What is counted, in order."""
    size: timedelta | None = None
    """How long a window is; None: all events there ever were."""
    step: timedelta | None = None
    """From the beginning of a window to that of the next; None: `size`, none overlap."""

    @property
    def usual(self) -> timedelta:
        """How far back windows are shown to who does not say: sixty of them."""
        return 60 * (self.step or self.size or timedelta())

    def topic(self, application: str) -> str:
        """Return the name of its changelog."""
        return f"{application}-{self.name}-changelog"


TOTALS = StreamTable(
    "totals",
    "All events there ever were, by type.",
    "type",
    ("events", "bytes", "uses"),
)
EVENTS_PER_MINUTE = StreamTable(
    "events_per_minute",
    "Events by type, minute by minute.",
    "type",
    ("events",),
    timedelta(minutes=1),
)
BYTES_PER_HOUR = StreamTable(
    "bytes_per_hour",
    "Files that were archived, and their bytes, by instrument, hour by hour.",
    "instrument",
    ("files", "bytes"),
    timedelta(hours=1),
)
FAILURES_PER_CAPABILITY = StreamTable(
    "failures_per_capability",
    "Requests that came to nothing, by capability, in the last hour at every fifth minute.",
    "capability",
    ("failures",),
    timedelta(hours=1),
    timedelta(minutes=5),
)

TABLES: Mapping[str, StreamTable] = MappingProxyType(
    {one.name: one for one in (TOTALS, EVENTS_PER_MINUTE, BYTES_PER_HOUR, FAILURES_PER_CAPABILITY)}
)
"""Every table, by name."""


def key_of(partition: int, name: str) -> str:
    """Return the key that a partition counts a name under."""
    return f"{partition}|{name}"


def name_of(key: str) -> str:
    """Return the name that is counted under a key."""
    return key.partition("|")[2]


def added(figure: Sequence[int], more: Sequence[int]) -> list[int]:
    """Return a figure with more counted into it; both end with a ledger position.

    An event that is in it already changes nothing. The empty figure is that of a fresh key.
    """
    if not figure:
        return list(more)
    if more[-1] <= figure[-1]:
        return list(figure)
    return [*(old + new for old, new in zip(figure[:-1], more[:-1], strict=True)), more[-1]]
