"""The board, as responses show it."""

from datetime import datetime

from http_ingress.board import Board
from http_ingress.representations.base import Body
from http_ingress.representations.operations import ProgressBody
from store.views import Recorded
from store.working import Working


class QueueBody(Body):
    """How many deliveries a consumer's queue has."""

    name: str
    ready: int
    """Could be handled now."""
    held: int | None
    """A consumer has them."""
    delayed: int
    """Wait for their time."""


class ActivityBody(Body):
    """What has been done, and what waits."""

    events: int
    last_minute: int
    last_hour: int
    unpublished: int
    """What the broker has not been given yet."""
    parked: int
    files: int
    """Versions of files."""
    file_bytes: int


class PausedBody(Body):
    """A consumer that takes nothing, since a dependency does not answer."""

    waits_for: str
    since: datetime


class WorkerBody(Body):
    """One process that runs a consumer, by its last sign of life."""

    process: str
    waits_for: str | None
    """The dependency that does not answer; null: it works."""
    since: datetime
    """Since when it works or waits."""
    seen_at: datetime


class ConsumerBody(Body):
    """One consumer, and who runs it; nobody, if `processes` is empty."""

    name: str
    processes: list[WorkerBody]


class WorkingBody(Body):
    """Long work that a process is at."""

    consumer: str
    process: str
    attempt: int
    began_at: datetime
    key: str
    """Of the event that asked."""
    type: str
    subject: str | None
    progress: ProgressBody | None
    href: str
    """The event."""


class LatestBody(Body):
    """One of the newest events."""

    position: int
    key: str
    type: str
    subject: str | None
    actor: str
    recorded_at: datetime
    href: str


class StatusBody(Body):
    """What the installation is doing; null: the database or the broker cannot tell."""

    at: datetime
    ready: bool
    dependencies: dict[str, str | None]
    """What is wrong with each; null: nothing. Who may administer is told why."""
    activity: ActivityBody | None
    queues: list[QueueBody] | None
    consumers: list[ConsumerBody] | None
    """In all processes."""
    paused: dict[str, PausedBody]
    """Consumers of the process that answers."""
    working: list[WorkingBody] | None
    """Long work under way, what began first to begin with."""
    latest: list[LatestBody] | None
    """The newest first."""

    @classmethod
    def of(cls, board: Board) -> "StatusBody":
        """Return the representation of the board."""
        latest, working = board.latest, board.working
        return cls.model_validate(
            {
                "at": board.at,
                "ready": board.ready,
                "dependencies": board.dependencies,
                "activity": board.activity,
                "queues": board.queues,
                "consumers": _consumers(board),
                "paused": board.paused,
                "working": None if working is None else [_working(one) for one in working],
                "latest": None if latest is None else [_latest(one) for one in latest],
            },
            from_attributes=True,
        )


def _consumers(board: Board) -> list[dict[str, object]] | None:
    if board.workers is None:
        return None
    return [{"name": name, "processes": board.signs_of(name)} for name in board.consumers]


def _working(one: Working) -> WorkingBody:
    envelope = one.event.envelope
    return WorkingBody(
        consumer=one.consumer,
        process=one.owner,
        attempt=one.attempt,
        began_at=one.began_at,
        key=envelope.key,
        type=envelope.type,
        subject=envelope.subject,
        progress=None if one.progress is None else ProgressBody.of(one.progress),
        href=f"/events/{envelope.key}",
    )


def _latest(one: Recorded) -> LatestBody:
    return LatestBody(
        position=one.position,
        key=one.envelope.key,
        type=one.envelope.type,
        subject=one.envelope.subject,
        actor=one.actor,
        recorded_at=one.recorded_at,
        href=f"/events/{one.envelope.key}",
    )


class ReadinessBody(Body):
    """Whether everything is there that requests depend on."""

    ready: bool
    dependencies: dict[str, str | None]
    """What is wrong with each; null: nothing. Who may administer is told why."""
    paused: dict[str, PausedBody]
    """Consumers of this process that wait for a dependency. They make nothing unready: what they
    do not take waits in its queue, and requests are accepted."""
