"""The board, as responses show it."""

from datetime import datetime

from http_ingress.board import Board
from http_ingress.representations.base import Body
from store.views import Recorded


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
    """What is wrong with each; null: nothing."""
    activity: ActivityBody | None
    queues: list[QueueBody] | None
    latest: list[LatestBody] | None
    """The newest first."""

    @classmethod
    def of(cls, board: Board) -> "StatusBody":
        """Return the representation of the board."""
        latest = board.latest
        return cls.model_validate(
            {
                "at": board.at,
                "ready": board.ready,
                "dependencies": board.dependencies,
                "activity": board.activity,
                "queues": board.queues,
                "latest": None if latest is None else [_latest(one) for one in latest],
            },
            from_attributes=True,
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
    """What is wrong with each; null: nothing."""
