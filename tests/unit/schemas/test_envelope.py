"""The envelope: what is read, what is refused and how the refusal reads."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from schemas.envelope import (
    LONGEST_ATTRIBUTE,
    MOST_EXTENSIONS,
    STRUCTURED,
    BatchError,
    Envelope,
    EnvelopeError,
    attributes,
    format_time,
    from_amqp,
    from_batch,
    from_http,
    from_structured,
    to_amqp,
    to_batch,
    to_http,
    to_structured,
)

KEY = "01936c5e-2e3a-7a10-8000-000000000001"
LEAST = {"specversion": "1.0", "id": "1", "source": "/telescope", "type": "a.b"}
FULL = Envelope(
    id=KEY,
    source="https://example.org/telescopes/1?night=3#dome",
    type="muniment.probe.requested.v1",
    time=datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),
    subject="nights/2024 02 29/été 100%.fits",
    dataschema="https://example.org/schema",
    correlationid=KEY,
    causationid=KEY,
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    replyto="ingress@here",
    attempt=3,
    partitionkey="p",
    extensions=(("tenant", "sky, “deep” 🔭"), ("quoted", '"a\\"b"')),
    data=b'{"probe":"x","payload":[1,null,"\xc3\xa9"]}',
)


def structured(**changes: object) -> bytes:
    return json.dumps({**LEAST, **changes}).encode()


def refusal(body: bytes) -> EnvelopeError:
    with pytest.raises(EnvelopeError) as caught:
        from_structured(body)
    return caught.value


# --- round trips and forms ----------------------------------------------------------------------


def test_http_binary_mode_keeps_everything() -> None:
    assert from_http(*to_http(FULL)) == FULL


def test_structured_mode_keeps_everything() -> None:
    assert from_structured(to_structured(FULL)) == FULL
    assert from_http({"Content-Type": f"{STRUCTURED}; charset=utf-8"}, to_structured(FULL)) == FULL


def test_amqp_binary_mode_keeps_everything() -> None:
    assert from_amqp(*to_amqp(FULL)) == FULL


def test_amqp_structured_mode_is_read() -> None:
    assert from_amqp({"content_type": STRUCTURED, "headers": None}, to_structured(FULL)) == FULL


def test_batch_mode_keeps_everything() -> None:
    least = from_structured(structured())
    assert from_batch(to_batch([FULL, least])) == [FULL, least]
    assert from_batch(to_batch([])) == []


def test_http_headers_are_printable_ascii_without_spaces() -> None:
    headers, _ = to_http(FULL)
    assert headers["ce-subject"] == "nights/2024%2002%2029/%C3%A9t%C3%A9%20100%25.fits"
    assert headers["content-type"] == "application/json"
    for name, value in headers.items():
        assert value.isascii(), name
        assert value.isprintable(), name
        assert " " not in value, name


def test_amqp_properties_repeat_what_tools_look_at() -> None:
    properties, body = to_amqp(FULL)
    headers = properties.pop("headers")
    assert properties == {
        "content_type": "application/json",
        "delivery_mode": 2,
        "message_id": KEY,
        "type": "muniment.probe.requested.v1",
        "correlation_id": KEY,
    }
    assert headers["cloudEvents:subject"] == FULL.subject
    assert headers["cloudEvents:attempt"] == "3"
    assert body == FULL.data


def test_what_says_nothing_does_not_travel() -> None:
    least = from_structured(structured())
    assert attributes(least) == LEAST
    assert "correlation_id" not in to_amqp(least)[0]


def test_data_that_is_absent_is_null() -> None:
    headers = {f"ce-{name}": value for name, value in LEAST.items()}
    assert from_structured(structured()).data == b"null"
    assert from_http(headers, b"").data == b"null"
    assert from_amqp(*to_amqp(replace(FULL, data=b""))).data == b"null"


def test_data_in_binary_mode_is_kept_to_the_byte() -> None:
    data = b'{ "a" : 1.10, "b": 1e400 }'
    assert from_http(*to_http(replace(FULL, data=data))).data == data
    assert from_amqp(*to_amqp(replace(FULL, data=data))).data == data


def test_http_header_names_may_have_any_case() -> None:
    headers = {f"CE-{name.title()}": value for name, value in LEAST.items()}
    assert from_http({**headers, "CONTENT-TYPE": "Application/JSON"}, b"1").data == b"1"


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("a%20b%C3%A9", "a bé"),
        ("a%b", "a%b"),
        ('"a b"', "a b"),
        ('"a\\"b\\\\c"', 'a"b\\c'),
        ('"%22"', '"'),
        ('"', '"'),
        ("caf\u00e9", "café"),
    ],
)
def test_http_header_values_are_decoded(header: str, subject: str) -> None:
    headers = {f"ce-{name}": value for name, value in LEAST.items()}
    assert from_http({**headers, "ce-subject": header}, b"1").subject == subject


@pytest.mark.parametrize("prefix", ["cloudEvents:", "cloudEvents_", "ce-"])
def test_amqp_headers_may_have_any_usual_prefix(prefix: str) -> None:
    headers = {prefix + name: value for name, value in LEAST.items()}
    assert from_amqp({"headers": {**headers, "x-death": []}}, b"1").id == "1"


@pytest.mark.parametrize(
    ("value", "time"),
    [
        (datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),  # noqa: DTZ001 - as pika gives it
        (datetime(2024, 1, 2, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)),
        (1704164645006, datetime(2024, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)),
        (b"2024-01-02T00:00:00Z", datetime(2024, 1, 2, tzinfo=UTC)),
    ],
)
def test_amqp_headers_may_be_of_any_fitting_type(value: object, time: datetime) -> None:
    headers = {f"cloudEvents:{name}": text for name, text in LEAST.items()}
    headers_of_types = {**headers, "cloudEvents:time": value, "cloudEvents:yes": True}
    envelope = from_amqp({"headers": headers_of_types}, b"1")
    assert envelope.time == time
    assert envelope.extensions == (("yes", "true"),)


def test_extensions_that_are_numbers_or_truth_values_become_their_canonical_text() -> None:
    envelope = from_structured(structured(yes=True, no=False, number=-5, nothing=None))
    assert envelope.extensions == (("yes", "true"), ("no", "false"), ("number", "-5"))


def test_data_base64_is_read_where_it_holds_json() -> None:
    assert from_structured(structured(data_base64=encoded(b'{"a":1}'))).data == b'{"a":1}'


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-02-29T12:00:00Z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29t12:00:00z", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("2024-02-29T12:00:00.5+05:30", datetime(2024, 2, 29, 6, 30, 0, 500000, tzinfo=UTC)),
        ("2024-02-29T12:00:00.123456789Z", datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_time_is_read_as_utc(text: str, time: datetime) -> None:
    envelope = from_structured(structured(time=text))
    assert envelope.time == time
    assert envelope.time.tzinfo is UTC


def test_time_is_written_in_utc_with_a_z() -> None:
    assert format_time(datetime.fromisoformat("2024-02-29T12:00:00+05:30")) == (
        "2024-02-29T06:30:00Z"
    )


# --- keys ---------------------------------------------------------------------------------------


def test_a_uuid_is_its_own_key() -> None:
    assert FULL.key == KEY


def test_any_other_id_makes_a_key_together_with_its_source() -> None:
    one = replace(FULL, id="1", source="/a")
    assert UUID(one.key).version == 5
    assert one.key == replace(one, type="other", data=b"1").key
    assert one.key != replace(one, source="/b").key
    assert one.key != replace(one, id="2").key
    assert replace(FULL, id=KEY.upper()).key != KEY


def test_the_root_is_the_oldest_that_is_known() -> None:
    assert replace(FULL, correlationid="a", causationid="b").root == "a"
    assert replace(FULL, correlationid=None, causationid="b").root == "b"
    assert replace(FULL, correlationid=None, causationid=None).root == KEY


def test_another_try_is_the_same_event() -> None:
    again = FULL.at_attempt(7)
    assert (again.attempt, again.key) == (7, FULL.key)
    assert from_amqp(*to_amqp(again)).attempt == 7


# --- refusals -----------------------------------------------------------------------------------


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
