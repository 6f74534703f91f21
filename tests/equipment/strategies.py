"""Hypothesis strategies: JSON, names and whole envelopes, valid and hostile."""

import json
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from schemas.envelope import LONGEST_ATTRIBUTE, MOST_EXTENSIONS, Envelope
from schemas.files import FileIngestRequested
from schemas.probes import ProbeRequested
from schemas.records import RecordDeletionRequested, RecordPutRequested

LARGEST_DOUBLE_INTEGER = 2**53

finite = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
scalars = finite | st.integers(-LARGEST_DOUBLE_INTEGER, LARGEST_DOUBLE_INTEGER)

_any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    scalars | _any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_any_text, inner, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(_any_text, json_values, max_size=5)

hostile_values: st.SearchStrategy[Any] = st.recursive(
    scalars
    | st.floats()
    | st.integers()
    | st.text(max_size=40)
    | st.binary(max_size=40)
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
"""What a broker's client may hand over as a header, and worse."""

attribute_names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20)


def lines(longest: int, *, shortest: int = 1) -> st.SearchStrategy[str]:
    """Text without control characters, of at most `longest` bytes."""
    characters = st.characters(exclude_categories=["Cc", "Cs"])
    return st.text(characters, min_size=shortest, max_size=min(longest // 4, 60))


file_names = st.lists(
    st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="/\\"),
        min_size=1,
        max_size=20,
    ).filter(lambda segment: segment not in {".", ".."}),
    min_size=1,
    max_size=4,
).map("/".join)

times = st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 1 < moment.year < 9999)

_short = lines(LONGEST_ATTRIBUTE)
_KNOWN = {
    "specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema",
    "correlationid", "causationid", "traceparent", "replyto", "attempt", "partitionkey", "data",
}  # fmt: skip
_sources = st.from_regex(r"[^\x00-\x20\x7f-\x9f<>\"{}|\\^`\ud800-\udfff]{1,40}", fullmatch=True)
_extensions = st.dictionaries(
    attribute_names.filter(lambda name: name not in _KNOWN), _short, max_size=MOST_EXTENSIONS
)

envelopes = st.builds(
    Envelope,
    id=_short | st.uuids().map(str),
    source=_sources,
    type=_short | st.just("muniment.probe.requested.v1"),
    time=st.none() | times,
    subject=st.none() | lines(2048),
    datacontenttype=st.sampled_from(["application/json", "application/fhir+json; charset=utf-8"]),
    dataschema=st.none() | lines(2048),
    correlationid=st.none() | _short,
    causationid=st.none() | _short,
    traceparent=st.none() | _short,
    replyto=st.none() | _short,
    attempt=st.integers(1, 2**31 - 1),
    partitionkey=st.none() | _short,
    extensions=_extensions.map(lambda found: tuple(found.items())),
    data=json_values.map(lambda value: json.dumps(value).encode()),
)

requests = st.builds(
    FileIngestRequested,
    name=file_names,
    source=lines(2048),
    size=st.none() | st.integers(0, 2**63),
    sha256=st.none() | st.from_regex(r"[0-9A-Fa-f]{64}", fullmatch=True),
    md5=st.none() | st.from_regex(r"[0-9A-Fa-f]{32}", fullmatch=True),
    media_type=st.none() | st.just("application/fits"),
    metadata=json_objects,
) | st.builds(ProbeRequested, probe=lines(255), payload=json_values)

_name = lines(255 * 4)
_record = {"project": _name.filter(lambda name: "/" not in name), "user": _name}

record_requests = st.builds(
    RecordPutRequested,
    **_record,
    label=_name,
    fields=st.lists(lines(40), max_size=4).map(tuple),
    size=st.integers(0, 2**63),
    sha256=st.from_regex(r"[0-9A-Fa-f]{64}", fullmatch=True),
) | st.builds(
    RecordDeletionRequested, **_record, label=st.none() | _name, tag=st.none() | st.text()
)
"""What the record store asks of itself."""
