"""The envelope: what is written and read, in every mode."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.envelope import (
    STRUCTURED,
    Envelope,
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
