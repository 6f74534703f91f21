"""The board: what the installation is doing, as the status page and its JSON twin show it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from http_ingress.ports import Paused, Ports
from store.activity import Activity, QueueDepth, activity
from store.errors import UnavailableError
from store.views import Recorded, latest_events
from store.workers import WorkerSign, living
from store.working import Working, under_way

LATEST = 20
"""Events that are shown."""
_LOOKED_AT = 200
"""Events among which those are found that somebody may see."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Board:
    """One look at everything; None: it could not be told, for what `dependencies` says."""

    at: datetime
    dependencies: Mapping[str, str | None]
    """What is wrong with each, or None, in words that are not for everybody."""
    activity: Activity | None
    queues: Sequence[QueueDepth] | None
    latest: Sequence[Recorded] | None
    """The newest events, newest first; not all of them are for everybody's eyes."""
    workers: Sequence[WorkerSign] | None = None
    """Consumers at work in all processes, by their last signs of life."""
    consumers: Sequence[str] = ()
    """Every consumer there is, at work or not."""
    paused: Mapping[str, Paused] = field(default_factory=dict)
    """Consumers of this process that wait for a dependency."""
    working: Sequence[Working] | None = None
    """Long work under way; not all of it is for everybody's eyes."""

    def signs_of(self, consumer: str) -> Sequence[WorkerSign]:
        """Return the processes that run a consumer."""
        return [sign for sign in self.workers or () if sign.consumer == consumer]

    @property
    def ready(self) -> bool:
        """Whether everything we depend on is there."""
        return not any(self.dependencies.values())


def look(ports: Ports) -> Board:
    """Return the board as it is now. Blocking; never raises for what is merely down."""
    now = ports.clock()
    dependencies = dict(ports.readiness())
    for name, trouble in dependencies.items():
        if trouble is not None:
            _log.warning("not ready: %s", trouble, extra={"dependency": name})
    return Board(
        at=now,
        dependencies=dependencies,
        activity=_unless_down(lambda: activity(ports.database, now)),
        queues=_unless_down(ports.queues),
        latest=_unless_down(lambda: latest_events(ports.database, _LOOKED_AT)),
        workers=_unless_down(lambda: living(ports.database, now)),
        consumers=[one.name for one in ports.listeners],
        paused=dict(ports.paused()),
        working=_unless_down(lambda: under_way(ports.database)),
    )


def _unless_down(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except UnavailableError:
        return None
