"""Wait for something to become true: poll with a deadline, never sleep and hope."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL_SECONDS = 0.05


def until(probe: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Call `probe` until it returns something true, and return that.

    Raises TimeoutError, naming `what` was awaited, when `seconds` have passed, and it has been
    called once more since then.
    """
    deadline = time.monotonic() + seconds
    while True:
        is_last = time.monotonic() > deadline
        if result := probe():
            return result
        if is_last:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(INTERVAL_SECONDS)
