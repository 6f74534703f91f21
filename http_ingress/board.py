"""The board: what the installation is doing, as the status page and its JSON twin show it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from http_ingress.ports import Ports
from store.activity import Activity, QueueDepth, activity
from store.errors import UnavailableError
from store.views import Recorded, latest_events

LATEST = 20
"""Events that are shown."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Board:
    """One look at everything; None: it could not be told, for what `dependencies` says."""

    at: datetime
    dependencies: Mapping[str, str | None]
    """What is wrong with each, or None."""
    activity: Activity | None
    queues: Sequence[QueueDepth] | None
    latest: Sequence[Recorded] | None
    """The newest events, newest first."""

    @property
    def ready(self) -> bool:
        """Whether everything we depend on is there."""
        return not any(self.dependencies.values())


def look(ports: Ports) -> Board:
    """Return the board as it is now. Blocking; never raises for what is merely down."""
    now = ports.clock()
    return Board(
        at=now,
        dependencies=dict(ports.readiness()),
        activity=_unless_down(lambda: activity(ports.database, now)),
        queues=_unless_down(ports.queues),
        latest=_unless_down(lambda: latest_events(ports.database, LATEST)),
    )


def _unless_down(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except UnavailableError:
        return None
