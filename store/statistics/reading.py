"""Reading from the ledger what is counted of it."""

from typing import Any

from sqlalchemy import RowMapping, Select, case, select

from schemas.capabilities import CAPABILITY_OF, SIZED
from store.statistics.counting import Seen
from store.tables import events

_CAUSE = events.alias("cause")
_READ = SIZED | {name for one in CAPABILITY_OF.values() for name in one.resources}

SEEN: Select[Any] = select(
    events.c.position,
    events.c.type,
    events.c.recorded_at,
    events.c.entry,
    _CAUSE.c.recorded_at.label("caused_at"),
    # Most events are counted without being read.
    case((events.c.type.in_(sorted(_READ)), events.c.data), else_="").label("data"),
).select_from(events.outerjoin(_CAUSE, _CAUSE.c.key == events.c.cause))
"""Selects what `seen` reads; conditions and an order are to be added."""


def seen(row: RowMapping) -> Seen:
    """Return what a row of `SEEN` says."""
    return Seen(
        position=row["position"],
        type=row["type"],
        recorded_at=row["recorded_at"],
        caused_at=row["caused_at"],
        ours=row["entry"] == "emitted",
        data=row["data"],
    )
