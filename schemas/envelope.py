"""The envelope: CloudEvents 1.0 context attributes around an event's data.

To and from HTTP (CloudEvents HTTP protocol binding 1.0.2: binary, structured and batched
content mode) and AMQP 0-9-1. The official AMQP binding is written for AMQP 1.0; on 0-9-1 the
attributes travel as headers named `cloudEvents:<name>` (`cloudEvents_<name>` and `ce-<name>` are
read too), the body is the bare data, and the basic properties repeat what AMQP tools look at (ADR
5).
Data is always JSON.
"""

import base64
import binascii
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from pydantic_core import from_json, to_json

from schemas.types import has_control_characters, is_attribute_name, write_json

SPECVERSION = "1.0"
JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

LONGEST_ATTRIBUTE = 255
"""Bytes in `id`, `type` and each extension: what an AMQP short string holds."""
MOST_EXTENSIONS = 32
LARGEST_DATA = 64 * 1024
"""Bytes of data that may ride the bus; anything larger goes to the object store first."""

_HTTP = "ce-"
_AMQP = ("cloudEvents:", "cloudEvents_", "ce-")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEYS = uuid.UUID("6f1c5d0e-3c1e-5f0e-9d55-6d756e696d65")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REQUIRED = ("id", "source", "type")
_URI_REFERENCE = re.compile(r"[^\x00-\x20\x7f<>\"{}|\\^`]+")
_ESCAPED = re.compile(r"\\(.)")


class EnvelopeError(ValueError):
    """What came is not a CloudEvent; `field` names the attribute."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")


class BatchError(ValueError):
    """Some events of a batch are not valid; `errors` maps their index to what is wrong."""

    def __init__(self, errors: Mapping[int, EnvelopeError]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"[{index}] {error}" for index, error in errors.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event with everything that is said about it. Attribute names are those on the wire."""

    id: str
    """Unique together with `source`; ours are UUIDv7."""
    source: str
    """Who states the event: a URI reference."""
    type: str
    time: datetime | None = None
    """When it happened, UTC. Never used for order."""
    subject: str | None = None
    datacontenttype: str = JSON
    dataschema: str | None = None
    correlationid: str | None = None
    """Key of the first event of the whole tree."""
    causationid: str | None = None
    """Key of the event that led to this one."""
    traceparent: str | None = None
    """W3C trace context, passed on untouched."""
    replyto: str | None = None
    """The ingress process to ring when this event has been handled."""
    attempt: int = 1
    """Which try of its consumer this delivery is, from 1."""
    partitionkey: str | None = None
    extensions: tuple[tuple[str, str], ...] = ()
    """Extension attributes that mean nothing to us and are passed on untouched."""
    data: bytes = b"null"
    """JSON text, UTF-8."""

    @property
    def key(self) -> str:
        """The one name of this event inside Muniment: its id, if that is a UUID.

        CloudEvents makes an id unique only within its source, so any other id becomes the
        UUIDv5 of both.
        """
        if _UUID.fullmatch(self.id):
            return self.id
        return str(uuid.uuid5(_KEYS, f"{self.source}\n{self.id}"))

    @property
    def root(self) -> str:
        """Key of the first event of the whole tree, as far as this event knows."""
        return self.correlationid or self.causationid or self.key

    def at_attempt(self, attempt: int) -> "Envelope":
        """Return the same event as the given try."""
        return replace(self, attempt=attempt)


# --- attributes as text -------------------------------------------------------------------------

_OPTIONAL = (
    "subject",
    "dataschema",
    "correlationid",
    "causationid",
    "traceparent",
    "replyto",
    "partitionkey",
)
_KNOWN = frozenset((*_REQUIRED, *_OPTIONAL, "specversion", "datacontenttype", "time", "attempt"))


def attributes(envelope: Envelope) -> dict[str, str]:
    """Return every context attribute but `datacontenttype`, as the text that travels."""
    found = {
        "specversion": SPECVERSION,
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
    }
    for name in _OPTIONAL:
        value = getattr(envelope, name)
        if value is not None:
            found[name] = value
    if envelope.time is not None:
        found["time"] = format_time(envelope.time)
    if envelope.attempt != 1:
        found["attempt"] = str(envelope.attempt)
    found.update(envelope.extensions)
    return found


def format_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC, ending in Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parse_time(text: str) -> datetime:
    wrong = EnvelopeError("time", f"must be RFC 3339 with a time zone, not {text[:64]!r}")
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong from error
    raise wrong


def _read(found: Mapping[str, str], contenttype: object, data: bytes) -> Envelope:
    """Build an envelope from attributes as text and JSON data. Raises EnvelopeError."""
    version = found.get("specversion")
    if version is None:
        raise EnvelopeError("specversion", "is missing; CloudEvents 1.0 is spoken here")
    if version != SPECVERSION:
        raise EnvelopeError("specversion", f"must be 1.0, not {version[:64]!r}")
    for name in _REQUIRED:
        if not found.get(name):
            raise EnvelopeError(name, "is missing")
    for name, value in found.items():
        _check_attribute(name, value)
    if not _URI_REFERENCE.fullmatch(found["source"]):
        raise EnvelopeError("source", "must be a URI reference")
    extensions = tuple((name, value) for name, value in found.items() if name not in _KNOWN)
    if len(extensions) > MOST_EXTENSIONS:
        raise EnvelopeError("extensions", f"must not be more than {MOST_EXTENSIONS}")
    attempt = found.get("attempt", "1")
    if not (attempt.isascii() and attempt.isdigit() and 1 <= int(attempt) < 2**31):
        raise EnvelopeError("attempt", "must be a positive integer")
    return Envelope(
        id=found["id"],
        source=found["source"],
        type=found["type"],
        time=_parse_time(found["time"]) if "time" in found else None,
        datacontenttype=_check_contenttype(contenttype),
        attempt=int(attempt),
        extensions=extensions,
        data=data,
        **{name: found[name] for name in _OPTIONAL if found.get(name)},
    )


def _check_attribute(name: str, value: str) -> None:
    if not is_attribute_name(name) or name == "data":
        raise EnvelopeError(name[:64], "must be 1 to 20 lower-case letters and digits, not data")
    longest = 2048 if name in {"source", "subject", "dataschema"} else LONGEST_ATTRIBUTE
    if len(value.encode("utf-8", "surrogatepass")) > longest:
        raise EnvelopeError(name, f"must not be longer than {longest} bytes")
    if has_control_characters(value):
        raise EnvelopeError(name, "must not contain control characters")


def _check_contenttype(value: object) -> str:
    if value is None:
        return JSON
    if not isinstance(value, str):
        raise EnvelopeError("datacontenttype", "must be a string")
    _check_attribute("datacontenttype", value)
    essence = value.partition(";")[0].strip().lower()
    if essence != JSON and not essence.endswith("+json"):
        raise EnvelopeError("datacontenttype", f"must be JSON, not {value[:64]!r}")
    return value


def _read_binary(found: Mapping[str, str], contenttype: object, body: bytes) -> Envelope:
    """Build an envelope of a message whose body is the data. Raises EnvelopeError."""
    envelope = _read(found, contenttype, body or b"null")
    _parse("data", envelope.data)
    return envelope


def _parse(field: str, text: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise EnvelopeError(field, f"is not JSON: {error}") from error


# --- HTTP ---------------------------------------------------------------------------------------


def to_http(envelope: Envelope) -> tuple[dict[str, str], bytes]:
    """Return headers and body in binary content mode."""
    headers = {
        _HTTP + name: quote(value, safe="!#$&'()*+,-./:;<=>?@[\\]^_`{|}~")
        for name, value in attributes(envelope).items()
    }
    headers["content-type"] = envelope.datacontenttype
    return headers, envelope.data


def from_http(headers: Mapping[str, str], body: bytes) -> Envelope:
    """Read a binary or structured mode request. Header names may have any case.

    Raises EnvelopeError.
    """
    contenttype = next((v for name, v in headers.items() if name.lower() == "content-type"), None)
    if contenttype is not None and contenttype.lower().startswith(STRUCTURED):
        return from_structured(body)
    found = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(_HTTP):
            try:
                found[lower[len(_HTTP) :]] = unquote(_unquoted(value), errors="strict")
            except UnicodeDecodeError as error:
                raise EnvelopeError(lower[len(_HTTP) :][:64], "is not UTF-8") from error
    return _read_binary(found, contenttype, body)


def _unquoted(value: str) -> str:
    """Undo double quotes, which senders of earlier versions of the binding put around values."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value


def to_structured(envelope: Envelope) -> bytes:
    """Return the event in the JSON event format, one object."""
    head = to_json({**attributes(envelope), "datacontenttype": envelope.datacontenttype})
    # The data is JSON text already: spliced in, not parsed and written again.
    return b"%b,%b}" % (head[:-1], b'"data":' + envelope.data)


def from_structured(body: bytes) -> Envelope:
    """Read one event in the JSON event format. Raises EnvelopeError."""
    return _from_object(_parse("body", body))


def to_batch(envelopes: Iterable[Envelope]) -> bytes:
    """Return the events in the JSON batch format."""
    return b"[%b]" % b",".join(map(to_structured, envelopes))


def from_batch(body: bytes) -> list[Envelope]:
    """Read a JSON batch, all or nothing.

    Raises EnvelopeError when it is no batch at all, BatchError when events in it are not valid.
    """
    items = _parse("body", body)
    if not isinstance(items, list):
        raise EnvelopeError("batch", "must be a JSON array of events")
    read, errors = [], {}
    for index, item in enumerate(items):
        try:
            read.append(_from_object(item))
        except EnvelopeError as error:
            errors[index] = error
    if errors:
        raise BatchError(errors)
    return read


def _from_object(item: Any) -> Envelope:  # noqa: ANN401 - JSON is what it is
    if not isinstance(item, dict):
        raise EnvelopeError("event", "must be a JSON object")
    found: dict[str, str] = {}
    for name, value in item.items():
        if name in {"data", "data_base64", "datacontenttype"} or value is None:
            continue
        if isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, str | int):
            found[name] = str(value)
        else:
            raise EnvelopeError(name[:64], "must be a string, an integer or a boolean")
    return _read(found, item.get("datacontenttype"), _data_of(item))


def _data_of(item: Mapping[str, Any]) -> bytes:
    if "data_base64" not in item:
        try:
            return write_json(item.get("data"))
        except ValueError as error:
            raise EnvelopeError("data", str(error)) from error
    if "data" in item:
        raise EnvelopeError("data_base64", "must not stand beside data")
    try:
        data = base64.b64decode(item["data_base64"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise EnvelopeError("data_base64", "is not base64") from error
    _parse("data_base64", data)
    return data


# --- AMQP 0-9-1 ---------------------------------------------------------------------------------


def to_amqp(envelope: Envelope) -> tuple[dict[str, Any], bytes]:
    """Return AMQP 0-9-1 basic properties (by their AMQP names) and the body, binary mode."""
    properties: dict[str, Any] = {
        "content_type": envelope.datacontenttype,
        "delivery_mode": 2,
        "message_id": envelope.id,
        "type": envelope.type,
        "headers": {_AMQP[0] + name: value for name, value in attributes(envelope).items()},
    }
    if envelope.correlationid is not None:
        properties["correlation_id"] = envelope.correlationid
    return properties, envelope.data


def from_amqp(properties: Mapping[str, Any], body: bytes) -> Envelope:
    """Read a binary or structured mode message. Raises EnvelopeError.

    `properties` are basic properties by their AMQP names; absent ones may be None.
    """
    contenttype = properties.get("content_type")
    if isinstance(contenttype, str) and contenttype.lower().startswith(STRUCTURED):
        return from_structured(body)
    found: dict[str, str] = {}
    headers = properties.get("headers")
    for name, value in (headers if isinstance(headers, Mapping) else {}).items():
        for prefix in _AMQP:
            if isinstance(name, str) and name.startswith(prefix):
                found[name[len(prefix) :]] = _amqp_text(name[len(prefix) :], value)
    return _read_binary(found, contenttype, body)


def _amqp_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if name == "time" and isinstance(value, int):
        try:
            value = _EPOCH + timedelta(milliseconds=value)  # AMQP 1.0's timestamp
        except OverflowError as error:
            raise EnvelopeError("time", "is out of range") from error
    if isinstance(value, datetime):
        # AMQP 0-9-1 timestamps are whole seconds of UTC; pika gives them without a zone.
        return format_time(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise EnvelopeError(name[:64], "is not UTF-8") from error
    raise EnvelopeError(name[:64], "must be a string, an integer, a boolean or a timestamp")
