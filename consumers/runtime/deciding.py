"""What is to become of an event whose handling raised: a pure decision."""

from dataclasses import dataclass

from consumers.contract import Reject, RetryLater, RetryPolicy
from schemas.catalogue import InvalidDataError, UnknownTypeError
from store.errors import SourceUnavailableError
from store.inbox import Kind

LONGEST_ASKED = 3600.0
"""Seconds that somebody else's server may have us wait."""


@dataclass(frozen=True, slots=True)
class Again:
    """Deliver it again after `seconds`, as try `attempt`."""

    seconds: float
    attempt: int


@dataclass(frozen=True, slots=True)
class Tries:
    """Where an event stands with a consumer."""

    attempt: int
    """The try that has failed, from 1; counts on over replays."""
    earlier: int = 0
    """Tries before its last replay: the policy does not count them."""


def classify(error: Exception) -> Kind:
    """Say what sort of failure it is. Poison raises nothing: it is known by its dead processes.

    What is merely down (`UnavailableError`) never comes here: it is nobody's failure.
    """
    permanent = isinstance(error, Reject | UnknownTypeError | InvalidDataError)
    return "permanent" if permanent else "transient"


def decide(error: Exception, tries: Tries, policy: RetryPolicy, chance: float) -> Again | None:
    """Return what becomes of an event whose last try raised `error`; None: park it.

    `chance` is a random number in [0, 1).
    """
    if isinstance(error, RetryLater):
        return Again(error.seconds, tries.attempt)
    if classify(error) == "permanent":
        return None
    delay = policy.delay(tries.attempt - tries.earlier, chance)
    if delay is None:
        return None
    asked = getattr(error, "retry_after", None) if isinstance(error, SourceUnavailableError) else 0
    return Again(max(delay, min(asked or 0, LONGEST_ASKED)), tries.attempt + 1)


def describe(error: Exception) -> str:
    """Return an error's type and message, or the bare reason of a rejection."""
    if isinstance(error, Reject):
        return storable(str(error) or "rejected without a reason")
    return storable(f"{type(error).__name__}: {error}")


def storable(text: str) -> str:
    """Return text that every database takes: an error may quote bytes that are no text."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")
