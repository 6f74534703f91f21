"""What one record of the event stream adds to the tables: a pure function, like `update-stats`'."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from schemas.capabilities import CAPABILITY_OF, SIZED
from schemas.stream_tables import (
    BYTES_PER_HOUR,
    EVENTS_PER_MINUTE,
    FAILURES_PER_CAPABILITY,
    TOTALS,
    UNKNOWN,
    StreamTable,
)
from store.statistics.counting import Seen, count

_POSITION = re.compile("[0-9]{1,18}")

Added = tuple[StreamTable, str, list[int]]
"""A table, a name in it, and what is to be added to its figure (`stream_tables.added`)."""


def read(
    headers: Sequence[tuple[str, bytes]], timestamp: float, value: bytes | None
) -> Seen | None:
    """Return the event that a record of the topic is; `timestamp` is Unix seconds.

    None: it is none of ours, for it lacks what the tap writes.
    """
    said = {name: text.decode(errors="replace") for name, text in headers if text is not None}
    position, name = said.get("ce_ledgerposition", ""), said.get("ce_type", "")
    if not name or not _POSITION.fullmatch(position):
        return None
    return Seen(
        position=int(position),
        type=name,
        recorded_at=datetime.fromtimestamp(timestamp, UTC),
        caused_at=None,
        ours=said.get("ce_ledgerentry") == "emitted",
        data=(value or b"").decode(errors="replace"),
    )


def figures(seen: Seen) -> Iterator[Added]:
    """Say what the event adds to which tables."""
    tally = count([seen])
    counted = tally.totals()[seen.type]
    yield TOTALS, seen.type, [counted.events, counted.bytes, counted.uses, seen.position]
    yield EVENTS_PER_MINUTE, seen.type, [1, seen.position]
    if seen.ours and seen.type in SIZED:
        instrument = next((name for _, _, name in tally.resources), UNKNOWN)
        yield BYTES_PER_HOUR, instrument, [1, counted.bytes, seen.position]
    capability = CAPABILITY_OF.get(seen.type)
    if capability is not None and seen.type in capability.failures:
        yield FAILURES_PER_CAPABILITY, capability.name, [1, seen.position]
