"""What is no CloudEvent is refused, and the refusal names the field."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from schemas.envelope import (
    LONGEST_ATTRIBUTE,
    MOST_EXTENSIONS,
    BatchError,
    Envelope,
    EnvelopeError,
    from_amqp,
    from_batch,
    from_http,
    from_structured,
)

LEAST = {"specversion": "1.0", "id": "1", "source": "/telescope", "type": "a.b"}


def structured(**changes: object) -> bytes:
    return json.dumps({**LEAST, **changes}).encode()


def refusal(body: bytes) -> EnvelopeError:
    with pytest.raises(EnvelopeError) as caught:
        from_structured(body)
    return caught.value


@pytest.mark.parametrize("name", sorted(LEAST))
def test_a_required_attribute_must_be_there(name: str) -> None:
    least = {one: value for one, value in LEAST.items() if one != name}
    assert refusal(json.dumps(least).encode()).field == name
    assert refusal(structured(**{name: None})).field == name
    for prefix, read in (("ce-", from_http), ("cloudEvents:", amqp_headers)):
        headers = {prefix + one: value for one, value in least.items()}
        with pytest.raises(EnvelopeError, match=rf"^{name}: is missing"):
            read(headers, b"1")


def amqp_headers(headers: Mapping[str, object], body: bytes) -> Envelope:
    return from_amqp({"headers": headers}, body)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": "1.0 "}, "specversion"),
        ({"specversion": 1.0}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": "x" * (LONGEST_ATTRIBUTE + 1)}, "id"),
        ({"id": "é" * 128}, "id"),
        ({"id": [1]}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"id": "a\x7fb"}, "id"),
        ({"id": "a\x85b"}, "id"),
        ({"source": "a b"}, "source"),
        ({"source": "<script>"}, "source"),
        ({"source": "x" * 2049}, "source"),
        ({"type": "a\x00b"}, "type"),
        ({"subject": "a\tb"}, "subject"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2024-02-30T00:00:00Z"}, "time"),
        ({"time": "2024-02-29T00:00:00"}, "time"),
        ({"time": "2024-02-29"}, "time"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "time"),
        ({"time": 5}, "time"),
        ({"time": ""}, "time"),
        ({"attempt": 0}, "attempt"),
        ({"attempt": -1}, "attempt"),
        ({"attempt": 2**31}, "attempt"),
        ({"attempt": "1.5"}, "attempt"),
        ({"attempt": "²"}, "attempt"),
        ({"attempt": True}, "attempt"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"datacontenttype": ""}, "datacontenttype"),
        ({"datacontenttype": 5}, "datacontenttype"),
        ({"datacontenttype": "application/json; " + "x" * 255}, "datacontenttype"),
        ({"datacontenttype": "application/json\r\nX-Evil: 1"}, "datacontenttype"),
        ({"Upper": "x"}, "Upper"),
        ({"with-dash": "x"}, "with-dash"),
        ({"name\n": "x"}, "name\n"),
        ({"": "x"}, ""),
        ({"x" * 21: "x"}, "x" * 21),
        ({"extension": 1.5}, "extension"),
        ({"extension": {"a": 1}}, "extension"),
        ({"extension": "x" * 256}, "extension"),
        ({"extension": 10**300}, "extension"),
        ({"data_base64": "%%%"}, "data_base64"),
        ({"data_base64": 5}, "data_base64"),
        ({"data_base64": None}, "data_base64"),
        ({"data_base64": "AA=="}, "data_base64"),
        ({"data_base64": "MQ==", "data": 1}, "data_base64"),
    ],
)
def test_a_malformed_attribute_is_named(changes: dict[str, object], field: str) -> None:
    error = refusal(structured(**changes))
    assert error.field == field
    assert str(error) == f"{field}: {error.message}"


def test_there_may_be_so_many_extensions_and_no_more() -> None:
    many = {f"x{number}": "1" for number in range(MOST_EXTENSIONS)}
    assert len(from_structured(structured(**many)).extensions) == MOST_EXTENSIONS
    assert refusal(structured(**many, more="1")).field == "extensions"


def test_data_is_no_name_for_an_attribute() -> None:
    headers = {f"ce-{name}": value for name, value in LEAST.items()}
    with pytest.raises(EnvelopeError, match=r"^data: "):
        from_http({**headers, "ce-data": "x"}, b"1")
    with pytest.raises(EnvelopeError, match=r"^data: "):
        from_amqp({"headers": {**headers, "cloudEvents:data": "x"}}, b"1")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null"])
def test_an_event_is_an_object(body: bytes) -> None:
    assert refusal(body).field == "event"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 100_000,
    ],
)
def test_what_is_not_json_is_refused_in_every_mode(body: bytes) -> None:
    assert refusal(body).field == "body"
    with pytest.raises(EnvelopeError, match=r"^body: is not JSON"):
        from_batch(body)
    headers = {f"ce-{name}": value for name, value in LEAST.items()}
    for read in (from_http, amqp_headers):
        if body:
            with pytest.raises(EnvelopeError, match=r"^data: is not JSON"):
                read(headers, body)


def test_a_number_that_no_double_holds_is_refused_where_data_is_written_anew() -> None:
    least = json.dumps(LEAST)[1:-1]
    assert refusal(f'{{{least},"data":[1e400]}}'.encode()).field == "data"
    assert from_structured(f'{{{least},"data":["Infinity"]}}'.encode()).data == b'["Infinity"]'


@pytest.mark.parametrize("value", ["%ff", "%C3", "%ED%A0%80"])
def test_a_header_must_be_utf_8_when_decoded(value: str) -> None:
    headers = {f"ce-{name}": text for name, text in LEAST.items()}
    with pytest.raises(EnvelopeError, match=r"^subject: is not UTF-8"):
        from_http({**headers, "ce-subject": value}, b"1")


@pytest.mark.parametrize("value", ["a%0Ab", "a%00b", "a\udcffb", '"a\nb"'])
def test_no_header_smuggles_control_characters(value: str) -> None:
    headers = {f"ce-{name}": text for name, text in LEAST.items()}
    with pytest.raises(EnvelopeError, match=r"^subject: must not contain control characters"):
        from_http({**headers, "ce-subject": value}, b"1")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, "must be a string"),
        ([1], "must be a string"),
        ({"a": 1}, "must be a string"),
        (None, "must be a string"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_an_amqp_header_of_another_type_is_refused(value: object, message: str) -> None:
    headers: dict[str, Any] = {f"cloudEvents:{name}": text for name, text in LEAST.items()}
    with pytest.raises(EnvelopeError, match=f"^odd: {message}"):
        amqp_headers({**headers, "cloudEvents:odd": value}, b"1")


def test_an_amqp_timestamp_out_of_range_is_refused() -> None:
    headers: dict[str, Any] = {f"cloudEvents:{name}": text for name, text in LEAST.items()}
    with pytest.raises(EnvelopeError, match=r"^time: is out of range"):
        amqp_headers({**headers, "cloudEvents:time": 2**62}, b"1")


@pytest.mark.parametrize("content_type", [b"\xff", 5])
def test_an_amqp_content_type_of_another_type_is_refused(content_type: object) -> None:
    headers = {f"cloudEvents:{name}": text for name, text in LEAST.items()}
    with pytest.raises(EnvelopeError, match=r"^datacontenttype: must be a string"):
        from_amqp({"headers": headers, "content_type": content_type}, b"1")


@pytest.mark.parametrize("headers", [None, {}, [], "text"])
def test_a_message_without_our_headers_says_what_is_missing(headers: object) -> None:
    with pytest.raises(EnvelopeError, match=r"^specversion: is missing; CloudEvents 1.0"):
        from_amqp({"headers": headers}, b"1")


def test_a_batch_names_what_is_wrong_by_index() -> None:
    items = [LEAST, {**LEAST, "id": ""}, 5, LEAST]
    with pytest.raises(BatchError) as caught:
        from_batch(json.dumps(items).encode())
    assert {index: error.field for index, error in caught.value.errors.items()} == {
        1: "id",
        2: "event",
    }
    assert str(caught.value).startswith("[1] id: is missing; [2] event: ")


def test_a_batch_is_an_array() -> None:
    with pytest.raises(EnvelopeError, match=r"^batch: must be a JSON array"):
        from_batch(structured())
