"""Causal trees, as responses show them."""

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress.representations.base import Body
from http_ingress.representations.operations import ProgressBody
from store.effects import Effect
from store.fates import Leased
from store.inbox import Kind
from store.ledger import EntryKind
from store.parked import Ending
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
    kind: Kind
    """It may pass; it never will; it takes the process down with it."""
    error: str
    failed_at: datetime
    retry_at: datetime | None


class ParkedBody(Body):
    """An event set aside for a person, and what the person decided."""

    id: str
    consumer: str
    kind: Kind
    reason: str
    attempts: int
    parked_at: datetime
    ending: Ending | None
    """null: it still waits."""
    ended_at: datetime | None
    ended_by: str | None
    note: str | None
    replaced_by: str | None
    """The edited event that runs in its place."""


class LeasedBody(Body):
    """Work on an event that has begun and is not finished."""

    consumer: str
    attempt: int
    owner: str | None
    """The process that works on it; null: nobody does now."""
    began_at: datetime
    until: datetime | None
    """When the owner is taken for dead, unless it says something."""
    crashes: int
    """Processes in a row that died of it without a checkpoint."""
    checkpointed: bool
    """Whether the next owner can go on from somewhere."""
    progress: ProgressBody | None

    @classmethod
    def of(cls, leased: Leased) -> "LeasedBody":
        """Return the representation of work under a lease."""
        progress = None if leased.progress is None else ProgressBody.of(leased.progress)
        return cls.model_validate({**asdict(leased), "progress": progress})


class EffectBody(Body):
    """What is there because of an event."""

    kind: str
    id: str
    text: str
    at: datetime
    href: str | None

    @classmethod
    def of(cls, effect: Effect) -> "EffectBody":
        """Return the representation of an effect."""
        href = f"/files/{effect.id}" if effect.kind == "file" else None
        return cls(kind=effect.kind, id=effect.id, text=effect.text, at=effect.at, href=href)


class WaitingBody(Body):
    """A place where an event still waits."""

    consumer: str | None
    """Whose queue it is; null: it has not been put into queues yet."""
    place: str
    attempt: int
    not_before: datetime | None
    """null: it is not known when it came there."""
    held_by: str | None
    tries: int
    """How often publishing it has failed."""
    because: list[str]
    """What it waits for, in words."""


class StepBody(Body):
    """One event of a tree, and what became of it."""

    depth: int
    """How many events above it led to it; 0: it began the tree."""
    key: str
    type: str
    subject: str | None
    cause: str | None
    position: int
    entry: EntryKind
    """How it came here: by HTTP, by AMQP from outside, or from a consumer."""
    actor: str
    recorded_at: datetime
    href: str
    data: JsonValue
    handled: list[HandledBody]
    failures: list[FailureBody]
    parked: list[ParkedBody]
    leased: list[LeasedBody]
    waiting: list[WaitingBody]
    effects: list[EffectBody]

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
                "entry": step.event.entry,
                "actor": step.event.actor,
                "recorded_at": step.event.recorded_at,
                "href": f"/events/{envelope.key}",
                "data": from_json(envelope.data),
                "handled": step.handled,
                "failures": step.failures,
                "parked": step.parked,
                "leased": [LeasedBody.of(one) for one in step.leased],
                "waiting": step.waiting,
                "effects": [EffectBody.of(one) for one in step.effects],
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
