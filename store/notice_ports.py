"""What the archive asks of the exchange on which subscribers hear of archived versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """What subscribers of the fanout exchange are told of one archived version."""

    id: str
    """AMQP's `message_id`: the same however often it is sent."""
    body: bytes
    """JSON."""


class Notices(Protocol):
    """The way to the subscribers' exchange."""

    def publish(self, notices: Sequence[Notice]) -> None:
        """Publish all, persistent, and return when the broker has confirmed them.

        At least once. Does nothing where notices are turned off. Raises NoticesUnavailableError.
        """
        ...

    def check(self) -> None:
        """Return when the broker would take them; raise NoticesUnavailableError if not."""
        ...
