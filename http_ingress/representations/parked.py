"""Parked items, as responses show them."""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from pydantic_core import from_json

from http_ingress.representations.base import Body
from http_ingress.representations.why import FailureBody
from producers.decisions import Done, Refused
from schemas.envelope import Envelope
from store.inbox import Kind
from store.parked import Ending, Listed, Parked
from store.parked_views import Group, History

MOST_NAMED = 1000
"""Ids that one answer names."""


class ParkedItemBody(Body):
    """One event, or message that is no event, that is set aside for a person."""

    id: str
    consumer: str
    type: str | None
    """Of the event; null: it is none."""
    subject: str | None
    event: str | None
    """Where the event is."""
    reason: str
    kind: Kind
    fingerprint: str
    attempts: int
    """The last try before it was parked."""
    parked_at: datetime
    ending: Ending | None
    """What was decided; null: it waits."""
    ended_at: datetime | None
    ended_by: str | None
    note: str | None
    replaced_by: str | None
    """The edited event that runs in its place."""
    href: str

    @classmethod
    def of(cls, one: Listed) -> "ParkedItemBody":
        """Return the representation of an item."""
        return cls(**_said(one))


class ParkedPageBody(Body):
    """A page of parked items, in order of parking."""

    items: list[ParkedItemBody]
    next: str | None
    """Where the next page is; null: this was the last."""


class ParkedGroupBody(Body):
    """Items whose failures look alike."""

    fingerprint: str
    consumer: str
    type: str | None
    kind: Kind
    reason: str
    """That of one of them."""
    count: int
    first_at: datetime
    last_at: datetime
    items: str
    """Where they are listed."""

    @classmethod
    def of(cls, group: Group) -> "ParkedGroupBody":
        """Return the representation of a group."""
        return cls(
            fingerprint=group.fingerprint,
            consumer=group.consumer,
            type=group.type,
            kind=group.kind,
            reason=group.reason,
            count=group.count,
            first_at=group.first_at,
            last_at=group.last_at,
            items=f"/parked?fingerprint={group.fingerprint}",
        )


class ParkedGroupsBody(Body):
    """Every group, the largest first."""

    groups: list[ParkedGroupBody]


class MessageBody(Body):
    """A message that is no event, as it came."""

    properties: dict[str, str]
    body_base64: str
    body: str | None
    """As text; null: it is none."""

    @classmethod
    def of(cls, message: str) -> "MessageBody":
        """Return the representation of `Parked.message`."""
        kept = from_json(message)
        try:
            text = base64.b64decode(kept["body_base64"]).decode()
        except UnicodeDecodeError:
            text = None
        return cls(properties=kept["properties"], body_base64=kept["body_base64"], body=text)


class ParkedDetailBody(ParkedItemBody):
    """All that is known of a parked item."""

    data: JsonValue
    """The event's; null: it is no event."""
    message: MessageBody | None
    """What came instead of an event."""
    traceback: str | None
    tries: list[FailureBody]
    """Those of this consumer that failed, over all lives of the event, the oldest first."""
    decisions: list[ParkedItemBody]
    """How often it was parked, and what was decided each time; the oldest first."""
    why: str | None
    """Everything around the event."""

    @classmethod
    def whole(cls, item: Parked, event: Envelope | None, past: History) -> "ParkedDetailBody":
        """Return the representation of an item with its event and its history."""
        return cls(
            **_said(Listed.of(item, event)),
            data=None if event is None else from_json(event.data),
            message=None if item.message is None else MessageBody.of(item.message),
            traceback=item.traceback,
            tries=[FailureBody.model_validate(one, from_attributes=True) for one in past.tries],
            decisions=[ParkedItemBody.of(Listed.of(one, event)) for one in past.parkings],
            why=None if event is None else f"/events/{event.key}/why",
        )


class RefusedBody(Body):
    """An item about which nothing was done."""

    id: str
    why: str


class KindCountBody(Body):
    """How many items of one sort."""

    consumer: str
    type: str | None
    count: int


class DecidedBody(Body):
    """What was done, or would be."""

    dry_run: bool
    count: int
    kinds: list[KindCountBody]
    ids: list[str]
    """The first thousand."""
    refused_count: int
    refused: list[RefusedBody]
    """The first thousand."""
    takes_seconds: float | None = None
    """How long it takes until the last is delivered, at the rate that was asked for."""

    @classmethod
    def of(cls, done: Done, *, dry_run: bool, rate: float | None = None) -> "DecidedBody":
        """Return the representation of what was done; `rate` in events per second."""
        return cls(
            dry_run=dry_run,
            count=len(done.ids),
            kinds=[
                KindCountBody(consumer=consumer, type=event_type, count=count)
                for (consumer, event_type), count in done.kinds.most_common()
            ],
            ids=done.ids[:MOST_NAMED],
            refused_count=len(done.refused),
            refused=_refused(done.refused[:MOST_NAMED]),
            takes_seconds=None if rate is None else max(0, len(done.ids) - 1) / rate,
        )


class EditedBody(Body):
    """The event that runs in the place of a parked one."""

    id: str
    type: str
    subject: str | None
    href: str
    operation: str | None
    """Null: the event is no request."""


def _refused(found: Sequence[Refused]) -> list[RefusedBody]:
    return [RefusedBody(id=one.id, why=one.why) for one in found]


def _said(one: Listed) -> dict[str, Any]:
    item = one.item
    return {
        "id": item.id,
        "consumer": item.consumer,
        "type": one.type,
        "subject": one.subject,
        "event": item.event_key and f"/events/{item.event_key}",
        "reason": item.reason,
        "kind": item.kind,
        "fingerprint": item.fingerprint,
        "attempts": item.attempts,
        "parked_at": item.parked_at,
        "ending": item.ending,
        "ended_at": item.ended_at,
        "ended_by": item.ended_by,
        "note": item.note,
        "replaced_by": item.replaced_by and f"/events/{item.replaced_by}",
        "href": f"/parked/{item.id}",
    }
