"""Where deliveries come from: what the runtime asks of a bus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from schemas.envelope import Envelope, EnvelopeError
from store.database import Transaction


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is no CloudEvent; kept whole, so that it can be parked."""

    properties: Mapping[str, Any]
    body: bytes
    error: EnvelopeError


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message handed to this process, until it is acknowledged or released."""

    tag: int
    """Names it within its source, and within one connection."""
    event: Envelope | Malformed
    seen: int = 0
    """How often a process had it before and did not finish; on RabbitMQ, at least so often."""
    connection: int = field(default=0, compare=False)
    """Which connection of the source it came over; acknowledging over another is in vain."""


class Source(Protocol):
    """The queue of one consumer, as one process sees it.

    Used from several threads. Every delivery taken ends in exactly one of `settle` + `acknowledge`
    (its effects are committed), `retry` + `acknowledge` (a later delivery is committed) or
    `release`; a process that dies leaves them to be delivered again.
    """

    def take(self, most: int, wait_seconds: float) -> list[Delivery]:
        """Return up to `most` deliveries, as soon as there is one; [] after `wait_seconds`.

        Raises UnavailableError when the bus does not answer.
        """
        ...

    def settle(self, transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
        """Mark as done within the transaction of the effects, where the bus lives in it.

        Raises DeliveryLostError when another process holds one of them by now.
        """
        ...

    def retry(
        self, transaction: Transaction, delivery: Delivery, attempt: int, not_before: datetime
    ) -> None:
        """Put a later delivery, as try `attempt`, into the transaction.

        Raises DeliveryLostError like `settle`, whose place it takes.
        """
        ...

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the bus, after the commit, that it may forget them. Never raises."""
        ...

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Hand them back untouched, to be delivered again to anybody. Never raises.

        Those among them that have been acknowledged already are left alone.
        """
        ...

    def drain(self) -> None:
        """Take nothing new; hand back what was prefetched and not yet taken."""
        ...

    def close(self) -> None:
        """Release the connection; what was not acknowledged is delivered again."""
        ...
