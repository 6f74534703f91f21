"""The CNCF's own SDK reads what we write, and we read what it writes.

Its AMQP binding is for AMQP 1.0, whose timestamps are whole milliseconds. Its RabbitMQ binding
follows Knative, whose header prefix `ce-` we read and do not write.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import amqp, http, rabbitmq
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import (
    STRUCTURED,
    Envelope,
    attributes,
    from_amqp,
    from_http,
    from_structured,
    to_amqp,
    to_http,
    to_structured,
)
from tests.equipment.strategies import envelopes, json_objects, times

# The SDK knows JSON objects, text and bytes as data, and makes up a time where there is none.
statements = st.builds(
    lambda envelope, time, data: replace(envelope, time=time, data=json.dumps(data).encode()),
    envelopes,
    times,
    json_objects,
)


def said(envelope: Envelope) -> dict[str, Any]:
    """Return the attributes of an envelope as the SDK holds them."""
    found: dict[str, Any] = {**attributes(envelope), "datacontenttype": envelope.datacontenttype}
    return {**found, "time": datetime.fromisoformat(found["time"])}


def sdk_event(envelope: Envelope) -> CloudEvent:
    return CloudEvent(said(envelope), json.loads(envelope.data))


def agree(event: BaseCloudEvent, envelope: Envelope) -> bool:
    data = json.loads(envelope.data)
    return event.get_attributes() == said(envelope) and event.get_data() == data


# --- the SDK reads what we write ----------------------------------------------------------------


@given(statements)
def test_the_sdk_reads_our_http_messages(envelope: Envelope) -> None:
    assert agree(http.from_http_event(http.HTTPMessage(*to_http(envelope))), envelope)
    structured = http.HTTPMessage({"content-type": STRUCTURED}, to_structured(envelope))
    assert agree(http.from_http_event(structured), envelope)


@given(statements)
def test_the_sdk_reads_our_amqp_messages(envelope: Envelope) -> None:
    properties, body = to_amqp(envelope)
    content_type = {"content-type": properties["content_type"]}
    message = amqp.AMQPMessage(content_type, properties["headers"], body)
    assert agree(amqp.from_amqp_event(message), envelope)
    structured = rabbitmq.RabbitMQMessage({}, STRUCTURED, to_structured(envelope))
    assert agree(rabbitmq.from_rabbitmq_event(structured), envelope)


# --- we read what the SDK writes ----------------------------------------------------------------


@given(statements)
def test_we_read_the_sdks_http_messages(envelope: Envelope) -> None:
    binary = http.to_binary_event(sdk_event(envelope))
    assert agree(sdk_event(from_http(binary.headers, binary.body)), envelope)
    structured = http.to_structured_event(sdk_event(envelope))
    assert agree(sdk_event(from_http(structured.headers, structured.body)), envelope)


@given(statements)
def test_we_read_the_sdks_rabbitmq_messages(envelope: Envelope) -> None:
    for message in (
        rabbitmq.to_binary_event(sdk_event(envelope)),
        rabbitmq.to_structured_event(sdk_event(envelope)),
    ):
        properties = {"headers": message.headers, "content_type": message.content_type}
        assert agree(sdk_event(from_amqp(properties, message.body)), envelope)


@given(statements)
def test_we_read_the_sdks_amqp_messages(envelope: Envelope) -> None:
    message = amqp.to_binary_event(sdk_event(envelope))
    content_type = message.properties["content-type"]
    properties = {"headers": message.application_properties, "content_type": content_type}
    read = from_amqp(properties, message.application_data)
    assert read.time is not None
    assert envelope.time is not None
    assert abs(read.time - envelope.time) < timedelta(milliseconds=2)
    assert agree(sdk_event(replace(read, time=envelope.time)), envelope)


def test_numbers_and_truth_values_of_the_sdk_become_text() -> None:
    event = CloudEvent({"type": "a.b", "source": "/x", "number": 5, "yes": True}, {"a": 1})
    message = amqp.to_binary_event(event)
    for read in (
        from_amqp({"headers": message.application_properties}, message.application_data),
        from_structured(http.to_structured_event(event).body),
    ):
        assert dict(read.extensions) == {"number": "5", "yes": "true"}
