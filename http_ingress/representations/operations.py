"""Operations, as responses show them."""

from datetime import datetime

from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress.representations.base import Body
from schemas.envelope import Envelope
from store.leases import Progress
from store.operations import Operation, State


class OperationRef(Body):
    """One accepted request."""

    id: str
    type: str
    href: str


class AcceptedBody(Body):
    """What was accepted: one operation per event, in the order of the request."""

    operations: list[OperationRef]


class OutcomeBody(Body):
    """The event that ended an operation."""

    id: str
    type: str
    href: str
    data: JsonValue


class ProgressBody(Body):
    """How far long work is, as it last said."""

    done: int
    total: int | None
    """Null: nobody knows."""
    unit: str
    """What is counted, in the plural."""
    percent: int | None
    """From 0 to 100; null: nobody knows."""

    @classmethod
    def of(cls, progress: Progress) -> "ProgressBody":
        """Return the representation of progress."""
        done, total = progress.done, progress.total
        percent = min(100, max(0, 100 * done // total)) if total else None
        return cls(done=done, total=total, unit=progress.unit, percent=percent)


class OperationBody(Body):
    """A request, and what became of it."""

    id: str
    type: str
    subject: str | None
    state: State
    """`failed` is a refusal for good; `retrying` goes on by itself; `parked` waits for a person,
    who may have it run again, discard it, or have an edited one run in its place (`replaced`)."""
    accepted_at: datetime
    ended_at: datetime | None
    outcome: OutcomeBody | None
    error: str | None
    """Why the last try failed, or why it was parked."""
    retry_at: datetime | None
    progress: ProgressBody | None
    replaced_by: str | None
    """The operation that runs in its place."""
    href: str
    request: str
    """The event that asked."""
    why: str
    """Everything that followed from it."""

    @classmethod
    def of(cls, operation: Operation) -> "OperationBody":
        """Return the representation of an operation."""
        outcome = operation.outcome
        return cls(
            id=operation.key,
            type=operation.type,
            subject=operation.subject,
            state=operation.state,
            accepted_at=operation.accepted_at,
            ended_at=operation.ended_at,
            outcome=None if outcome is None else _outcome(outcome),
            error=operation.error,
            retry_at=operation.retry_at,
            progress=None if operation.progress is None else ProgressBody.of(operation.progress),
            replaced_by=operation.replaced_by and f"/operations/{operation.replaced_by}",
            href=f"/operations/{operation.key}",
            request=f"/events/{operation.key}",
            why=f"/events/{operation.key}/why",
        )


def _outcome(event: Envelope) -> OutcomeBody:
    return OutcomeBody(
        id=event.key, type=event.type, href=f"/events/{event.key}", data=from_json(event.data)
    )
