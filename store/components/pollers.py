"""Who is there to make polls."""

from dataclasses import dataclass
from datetime import datetime

from store import workers
from store.database import Database

POLLER = "poll-service"
"""The consumer that makes them."""


@dataclass(frozen=True, slots=True)
class Pollers:
    """The processes that run the consumer, as far as they have shown signs of life."""

    since: datetime | None
    """Since when at least one of them can work; None: none can."""
    waits_for: str | None
    """What keeps them from it, where there are any; None: nothing, or there are none."""


def pollers(database: Database, now: datetime) -> Pollers:
    """Return who is there."""
    signs = [one for one in workers.living(database, now) if one.consumer == POLLER]
    at_work = [one.since for one in signs if one.waits_for is None]
    if at_work:
        return Pollers(min(at_work), None)
    return Pollers(None, signs[0].waits_for if signs else None)
