"""Events of the ledger as JSON: spliced together, since they are JSON text already."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from schemas.envelope import to_structured
from store.views import Recorded

CLOUDEVENT: Mapping[str, Any] = {
    "type": "object",
    "description": "A CloudEvent 1.0 in the JSON event format.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1, "maxLength": 255},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string", "description": "One of /schemas/."},
        "subject": {"type": "string"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"type": "string"},
        "dataschema": {"type": "string", "format": "uri-reference"},
        "correlationid": {"type": "string"},
        "causationid": {"type": "string"},
        "traceparent": {"type": "string"},
        "partitionkey": {"type": "string"},
        "data": {"description": "As the schema of its type says."},
        "data_base64": {"type": "string", "contentEncoding": "base64"},
    },
    "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
}
EVENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["position", "key", "entry", "actor", "recorded_at", "href", "why", "event"],
    "properties": {
        "position": {"type": "integer", "description": "Its place in the ledger."},
        "key": {"type": "string", "description": "Its one name inside Muniment."},
        "entry": {"enum": ["accepted", "observed", "emitted"]},
        "actor": {"type": "string", "description": "Who brought it."},
        "recorded_at": {"type": "string", "format": "date-time"},
        "href": {"type": "string"},
        "why": {"type": "string", "description": "Everything around it."},
        "event": CLOUDEVENT,
    },
}
EVENTS: Mapping[str, Any] = {
    "type": "object",
    "required": ["events", "next"],
    "properties": {
        "events": {"type": "array", "items": EVENT},
        "next": {"type": ["string", "null"], "description": "The next page; null: the last."},
    },
}


def event_json(one: Recorded) -> bytes:
    """Return a structured CloudEvent with its place in the ledger."""
    head = to_json(
        {
            "position": one.position,
            "key": one.envelope.key,
            "entry": one.entry,
            "actor": one.actor,
            "recorded_at": one.recorded_at,
            "href": f"/events/{one.envelope.key}",
            "why": f"/events/{one.envelope.key}/why",
        }
    )
    # The event is JSON text already: spliced in, not parsed and written again.
    return b'%b,"event":%b}' % (head[:-1], to_structured(one.envelope))


def events_json(found: Sequence[Recorded], following: str | None) -> bytes:
    """Return a page of events."""
    return b'{"events":[%b],"next":%b}' % (b",".join(map(event_json, found)), to_json(following))
