"""Payload and cause become an envelope: the only place where context attributes are written."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.base import Event
from schemas.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Stamp:
    """Puts the context attributes on events. Clock and identifiers are arguments."""

    source: str
    """What the events name as their source: a URI reference."""
    clock: Callable[[], datetime]
    """Returns the time, UTC."""
    new_id: Callable[[], str]
    """Returns a UUIDv7."""

    def put_on(
        self, event: Event, *, cause: Envelope | None = None, replyto: str | None = None
    ) -> Envelope:
        """Return the envelope of an event that `cause` led to, or that begins a new tree."""
        key = self.new_id()
        return Envelope(
            id=key,
            source=self.source,
            type=event.TYPE,
            time=self.clock(),
            subject=event.subject,
            correlationid=key if cause is None else cause.root,
            causationid=None if cause is None else cause.key,
            traceparent=None if cause is None else cause.traceparent,
            replyto=replyto,
            data=event.model_dump_json(exclude_none=True).encode(),
        )

    def adopt(self, envelope: Envelope, *, replyto: str | None = None) -> Envelope:
        """Return an outsider's event with what only infrastructure may say put right."""
        return replace(
            envelope,
            time=envelope.time or self.clock(),
            correlationid=envelope.root,
            replyto=replyto,
            attempt=1,
        )
