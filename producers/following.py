"""Following an operation to its end."""

import math
import time
from urllib.parse import quote

from producers.answers import Operation
from producers.client_http import Http

_LONGEST_WAIT = 30.0
_POLL_SECONDS = 0.25


def follow(http: Http, operation_id: str, seconds: float) -> Operation:
    """Return the operation, ended or as it stands after `seconds`."""
    path = f"/operations/{quote(operation_id, safe='')}"
    deadline = time.monotonic() + seconds
    while True:
        left = min(_LONGEST_WAIT, deadline - time.monotonic())
        _, answer = http.json("GET", path, headers=prefer(left), waits=max(0.0, left))
        operation = Operation.model_validate(answer)
        if operation.ended or time.monotonic() >= deadline:
            return operation
        # The ingress may answer at once all the same.
        time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))


def prefer(seconds: float) -> dict[str, str]:
    """Return the header that asks for a synchronous answer; none when there is no time to wait."""
    return {"prefer": f"wait={math.ceil(min(_LONGEST_WAIT, seconds))}"} if seconds > 0 else {}
