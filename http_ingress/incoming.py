"""Events from outside: read in every content mode, and judged before they are accepted.

What cannot be read is 400; what can be read and is no valid request is 422. A batch is all or
nothing, and its problem names everything that is wrong in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from http_ingress import problems
from http_ingress.problems import Kind, Problem
from schemas.catalogue import POSTABLE, InvalidDataError, decode
from schemas.envelope import (
    BATCH,
    JSON,
    LARGEST_DATA,
    STRUCTURED,
    BatchError,
    Envelope,
    EnvelopeError,
    from_batch,
    from_http,
    from_structured,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an event."""

    kind: Kind
    field: str
    message: str


def read_one(headers: Mapping[str, str], body: bytes) -> Envelope:
    """Return the event of a binary or structured mode request. Raises a Problem."""
    _check_content_type(headers)
    try:
        envelope = from_http(headers, body)
    except EnvelopeError as error:
        raise Problem(problems.MALFORMED, str(error), field=error.field) from error
    check(envelope)
    return envelope


def read_batch(body: bytes, most: int) -> list[Envelope]:
    """Return the events of a batch mode request. Raises a Problem."""
    try:
        envelopes = from_batch(body)
        faults = {}
    except EnvelopeError as error:
        raise Problem(problems.MALFORMED, str(error), field=error.field) from error
    except BatchError as error:
        envelopes = []
        faults = {i: [_malformed(one)] for i, one in error.errors.items()}
        faults.update(_judge_others(body, faults))
    if len(envelopes) > most:
        raise Problem(problems.TOO_LARGE, f"A batch holds at most {most} events.", field="batch")
    faults.update({i: found for i, one in enumerate(envelopes) if (found := judge(one))})
    if faults:
        raise Problem(
            problems.INVALID,
            f"{len(faults)} of the events are not valid; nothing of the batch was accepted.",
            errors=[
                {"index": index, "field": fault.field, "message": fault.message}
                for index in sorted(faults)
                for fault in faults[index]
            ],
        )
    return envelopes


def is_batch(headers: Mapping[str, str]) -> bool:
    """Whether the request is in batch mode."""
    return _essence(headers) == BATCH


def check(envelope: Envelope) -> None:
    """Return when an event may be accepted. Raises a Problem that names what is wrong."""
    faults = judge(envelope)
    if faults:
        raise _problem(faults)


def judge(envelope: Envelope) -> list[Fault]:
    """Return what is wrong with an event that could be read; nothing, if it may be accepted."""
    if envelope.type not in POSTABLE:
        known = ", ".join(POSTABLE)
        return [Fault(problems.INVALID, "type", f"{envelope.type!r} cannot be posted; try {known}")]
    if len(envelope.data) > LARGEST_DATA:
        return [Fault(problems.TOO_LARGE, "data", f"must not be larger than {LARGEST_DATA} bytes")]
    try:
        decode(envelope)
    except InvalidDataError as error:
        return [Fault(problems.INVALID, field, message) for field, message in error.problems]
    return []


def _problem(faults: Sequence[Fault]) -> Problem:
    first = faults[0]
    return Problem(
        first.kind,
        "; ".join(f"{fault.field}: {fault.message}" for fault in faults),
        field=first.field,
        errors=[{"field": fault.field, "message": fault.message} for fault in faults],
    )


def _judge_others(body: bytes, known: Mapping[int, object]) -> Iterator[tuple[int, list[Fault]]]:
    """Judge those events of a batch that could be read while others could not."""
    for index, item in enumerate(from_json(body)):
        if index not in known:
            found = judge(from_structured(to_json(item)))
            if found:
                yield index, found


def _malformed(error: EnvelopeError) -> Fault:
    return Fault(problems.MALFORMED, error.field, error.message)


def _check_content_type(headers: Mapping[str, str]) -> None:
    essence = _essence(headers)
    if essence in {"", JSON, STRUCTURED}:
        return
    if not essence.endswith("+json") or essence.startswith("application/cloudevents"):
        raise Problem(
            problems.UNSUPPORTED,
            f"{essence[:80]!r} is not understood here; send {JSON} with ce- headers, "
            f"{STRUCTURED} or {BATCH}.",
            field="Content-Type",
        )


def _essence(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()
