"""What is to become of an event whose handling raised: a pure decision."""

from dataclasses import dataclass

from consumers.contract import Reject, RetryLater, RetryPolicy


@dataclass(frozen=True, slots=True)
class Again:
    """Deliver it again after `seconds`, as try `attempt`."""

    seconds: float
    attempt: int


def decide(error: Exception, attempt: int, policy: RetryPolicy, jitter: float) -> Again | None:
    """Return what becomes of an event whose try `attempt` (from 1) raised `error`; None: park it.

    `jitter` is a random number in [0, 1).
    """
    if isinstance(error, Reject):
        return None
    if isinstance(error, RetryLater):
        return Again(error.seconds, attempt)
    delay = policy.delay(attempt, jitter)
    return None if delay is None else Again(delay, attempt + 1)


def describe(error: Exception) -> str:
    """Return an error's type and message, or the bare reason of a rejection."""
    if isinstance(error, Reject):
        return storable(str(error) or "rejected without a reason")
    return storable(f"{type(error).__name__}: {error}")


def storable(text: str) -> str:
    """Return text that every database takes: an error may quote bytes that are no text."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
