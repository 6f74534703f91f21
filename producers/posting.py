"""Events on their way to the ingress."""

import time
from collections.abc import Sequence

from producers.answers import Operation
from producers.client_http import Http
from producers.following import follow, prefer
from schemas.envelope import BATCH, STRUCTURED, Envelope, to_batch, to_structured


def post_one(http: Http, envelope: Envelope, seconds: float) -> Operation:
    """Have one event accepted, and wait so long for its end."""
    deadline = time.monotonic() + seconds
    _, answer = http.json(
        "POST",
        "/events",
        headers={"content-type": STRUCTURED, **prefer(seconds)},
        body=to_structured(envelope),
        waits=seconds,
    )
    if seconds <= 0:
        return Operation.model_validate(answer["operations"][0])
    operation = Operation.model_validate(answer)
    left = deadline - time.monotonic()
    return operation if operation.ended or left <= 0 else follow(http, operation.id, left)


def post_batch(http: Http, envelopes: Sequence[Envelope], seconds: float) -> list[Operation]:
    """Have events accepted, all or nothing, and wait so long for their ends."""
    deadline = time.monotonic() + seconds
    _, answer = http.json(
        "POST", "/events", headers={"content-type": BATCH}, body=to_batch(envelopes)
    )
    operations = [Operation.model_validate(one) for one in answer["operations"]]
    if seconds <= 0:
        return operations
    return [follow(http, one.id, deadline - time.monotonic()) for one in operations]
