"""Whatever is written is read back, and whatever is hostile is refused by name."""

import json
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from schemas.envelope import (
    BATCH,
    STRUCTURED,
    BatchError,
    Envelope,
    EnvelopeError,
    from_amqp,
    from_batch,
    from_http,
    from_structured,
    to_amqp,
    to_batch,
    to_http,
    to_structured,
)
from tests.equipment.strategies import (
    attribute_names,
    envelopes,
    hostile_values,
    json_values,
    scalars,
)

LEAST = {"specversion": "1.0", "id": "1", "source": "/telescope", "type": "a.b"}
NAMES = st.sampled_from(
    ["specversion", "id", "source", "type", "time", "subject", "attempt", "datacontenttype",
     "data", "data_base64", "correlationid", "replyto"]
)  # fmt: skip


def same(one: Envelope, other: Envelope) -> bool:
    """Whether two envelopes say the same; data counts by what it says, not how it is spelled."""
    return (
        {**by_name(one), "data": from_json(one.data)}
        == {**by_name(other), "data": from_json(other.data)}
    )  # fmt: skip


def by_name(envelope: Envelope) -> dict[str, Any]:
    found = {name: getattr(envelope, name) for name in Envelope.__slots__}
    found["extensions"] = dict(envelope.extensions)
    return found


@given(envelopes)
def test_binary_modes_keep_everything(envelope: Envelope) -> None:
    assert from_http(*to_http(envelope)) == envelope
    assert from_amqp(*to_amqp(envelope)) == envelope


@given(envelopes)
def test_structured_modes_keep_everything(envelope: Envelope) -> None:
    text = to_structured(envelope)
    assert same(from_structured(text), envelope)
    assert from_http({"content-type": STRUCTURED}, text) == from_structured(text)
    assert from_amqp({"content_type": STRUCTURED}, text) == from_structured(text)


@given(st.lists(envelopes, max_size=4))
def test_batches_keep_everything(several: list[Envelope]) -> None:
    read = from_batch(to_batch(several))
    assert len(read) == len(several)
    assert all(map(same, read, several))


@given(envelopes)
def test_http_headers_survive_any_proxy(envelope: Envelope) -> None:
    headers, _ = to_http(envelope)
    plain = set(string.ascii_letters + string.digits + string.punctuation) - {'"'}
    for name, value in headers.items():
        assert name == name.lower()
        assert value == value.strip()
        if name != "content-type":
            assert set(value) <= plain


def refusal(read: Callable[[], object]) -> EnvelopeError | BatchError | None:
    """Read, and return why it was refused, if it was; nothing else may be raised."""
    try:
        read()
    except (EnvelopeError, BatchError) as error:
        return error
    return None


def read_or_refuse(read: Callable[[], Envelope]) -> None:
    """Nothing but an envelope or an EnvelopeError; and the envelope travels in every mode."""
    error = refusal(read)
    if isinstance(error, EnvelopeError):
        assert str(error) == f"{error.field}: {error.message}"
        return
    envelope = read()
    assert from_http(*to_http(envelope)) == envelope
    assert from_amqp(*to_amqp(envelope)) == envelope
    assert same(from_structured(to_structured(envelope)), envelope)


@given(st.binary(max_size=200))
def test_no_bytes_break_a_reader(body: bytes) -> None:
    read_or_refuse(lambda: from_structured(body))
    with pytest.raises(EnvelopeError):
        from_http({}, body)
    with pytest.raises(EnvelopeError):
        from_amqp({}, body)


@given(st.dictionaries(NAMES | attribute_names | st.text(max_size=25), json_values, max_size=6))
def test_no_json_object_breaks_a_reader(changes: dict[str, Any]) -> None:
    body = json.dumps({**LEAST, **changes}).encode()
    read_or_refuse(lambda: from_structured(body))


@given(st.text(alphabet='{}[]",:0123456789eE+-.NaInfity \\ud8truflsn', max_size=60))
def test_no_near_json_breaks_a_reader(text: str) -> None:
    body = json.dumps(LEAST)[:-1].encode() + b',"data":' + text.encode() + b"}"
    read_or_refuse(lambda: from_structured(body))
    headers = {f"ce-{name}": value for name, value in LEAST.items()}
    error = refusal(lambda: from_http(headers, text.encode()))
    assert error is None or str(error).startswith("data: is not JSON")


@given(json_values)
def test_no_json_breaks_the_reader_of_batches(value: Any) -> None:  # noqa: ANN401 - JSON is what it is
    body = json.dumps(value).encode()
    assert refusal(lambda: from_batch(body)) or from_batch(body) == []


@given(
    st.dictionaries(
        (NAMES | attribute_names).map(lambda name: "ce-" + name) | st.text(max_size=30),
        st.text(max_size=300) | st.just("%ff") | scalars.map(str),
        max_size=6,
    ),
    st.none() | st.text(max_size=30) | st.sampled_from([STRUCTURED, BATCH, "application/json"]),
    json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
)
def test_no_http_request_breaks_the_reader(
    changes: dict[str, str], content_type: str | None, body: bytes
) -> None:
    headers = {**{f"ce-{name}": value for name, value in LEAST.items()}, **changes}
    if content_type is not None:
        headers["content-type"] = content_type
    read_or_refuse(lambda: from_http(headers, body))


@given(
    st.dictionaries(
        (NAMES | attribute_names).map(lambda name: "cloudEvents:" + name) | st.text(max_size=30),
        hostile_values,
        max_size=6,
    ),
    hostile_values | st.sampled_from([STRUCTURED, "application/json"]),
    json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=50),
)
def test_no_amqp_message_breaks_the_reader(
    changes: dict[str, Any], content_type: object, body: bytes
) -> None:
    headers = {**{f"cloudEvents:{name}": value for name, value in LEAST.items()}, **changes}
    read_or_refuse(lambda: from_amqp({"headers": headers, "content_type": content_type}, body))
    read_or_refuse(lambda: from_amqp({"headers": headers}, body))
