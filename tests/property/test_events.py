"""Whatever a valid event says survives its stamp, the ledger's rows and every wire."""

import json
from datetime import UTC, datetime

from hypothesis import given

from producers.stamping import Stamp
from schemas.base import Event
from schemas.catalogue import decode, json_schema
from schemas.envelope import from_amqp, from_http, from_structured, to_amqp, to_http, to_structured
from tests.equipment.strategies import record_requests, requests

KEY = "01936c5e-2e3a-7a10-8000-000000000001"
STAMP = Stamp("/tests", lambda: datetime(2024, 2, 29, tzinfo=UTC), lambda: KEY)


@given(requests | record_requests)
def test_a_valid_event_survives_every_wire(event: Event) -> None:
    envelope = STAMP.put_on(event)
    assert decode(envelope) == event
    assert from_amqp(*to_amqp(envelope)) == envelope
    assert from_http(*to_http(envelope)) == envelope
    assert decode(from_structured(to_structured(envelope))) == event


@given(requests | record_requests)
def test_a_valid_event_is_one_line_of_json_without_empty_fields(event: Event) -> None:
    data = STAMP.put_on(event).data
    assert b"\n" not in data
    found = json.loads(data)
    assert all(value is not None for value in found.values())
    assert found.keys() <= json_schema(event.TYPE)["properties"].keys()
