"""What is to become of an event whose handling raised: a pure decision."""

from dataclasses import dataclass

from consumers.contract import Reject, RetryLater, RetryPolicy


@dataclass(frozen=True, slots=True)
class Again:
    """Deliver it again after `seconds`, as try `attempt`."""

    seconds: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Park:
    """Set it aside for a person."""

    reason: str


def decide(error: Exception, attempt: int, policy: RetryPolicy, jitter: float) -> Again | Park:
    """Return what becomes of an event whose try `attempt` (from 1) raised `error`.

    `jitter` is a random number in [0, 1).
    """
    if isinstance(error, Reject):
        return Park(str(error) or "rejected without a reason")
    if isinstance(error, RetryLater):
        return Again(error.seconds, attempt)
    delay = policy.delay(attempt, jitter)
    if delay is None:
        return Park(describe(error))
    return Again(delay, attempt + 1)


def describe(error: BaseException) -> str:
    """Return an error's type and message."""
    return f"{type(error).__name__}: {error}"
