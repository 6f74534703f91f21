"""Causal trees, as responses show them."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress.representations.base import Body
from store.why import Step, Why


class HandledBody(Body):
    """A consumer that has finished with an event."""

    consumer: str
    outcome: Literal["succeeded", "failed"]
    outcome_key: str | None
    """The last event that followed."""
    attempt: int
    started_at: datetime
    handled_at: datetime


class FailureBody(Body):
    """A try that failed."""

    consumer: str
    attempt: int
    error: str
    failed_at: datetime
    retry_at: datetime | None


class ParkedBody(Body):
    """An event set aside for a person."""

    id: str
    consumer: str
    reason: str
    attempts: int
    parked_at: datetime


class WaitingBody(Body):
    """A place where an event still waits."""

    place: str
    attempt: int
    not_before: datetime
    held_by: str | None


class StepBody(Body):
    """One event of a tree, and what became of it."""

    depth: int
    """How many events above it led to it; 0: it began the tree."""
    key: str
    type: str
    subject: str | None
    cause: str | None
    position: int
    actor: str
    recorded_at: datetime
    href: str
    data: JsonValue
    handled: list[HandledBody]
    failures: list[FailureBody]
    parked: list[ParkedBody]
    waiting: list[WaitingBody]

    @classmethod
    def of(cls, step: Step) -> "StepBody":
        """Return the representation of a step."""
        envelope = step.event.envelope
        return cls.model_validate(
            {
                "depth": step.depth,
                "key": envelope.key,
                "type": envelope.type,
                "subject": envelope.subject,
                "cause": envelope.causationid,
                "position": step.event.position,
                "actor": step.event.actor,
                "recorded_at": step.event.recorded_at,
                "href": f"/events/{envelope.key}",
                "data": from_json(envelope.data),
                "handled": step.handled,
                "failures": step.failures,
                "parked": step.parked,
                "waiting": step.waiting,
            },
            from_attributes=True,
        )


class WhyBody(Body):
    """A causal tree, flat: each event stands behind its cause."""

    correlation: str
    focus: str
    """The event that was asked for, or that stands for what was."""
    complete: bool
    """False: the tree has more events than are shown."""
    steps: list[StepBody]

    @classmethod
    def of(cls, why: Why) -> "WhyBody":
        """Return the representation of a tree."""
        return cls(
            correlation=why.correlation,
            focus=why.focus,
            complete=why.complete,
            steps=[StepBody.of(step) for step in why.steps],
        )
