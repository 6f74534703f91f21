"""What leaves this process and how: the promise of publishing."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from store.outbox import Due


class Fate(Enum):
    """What the broker said of one published message."""

    CONFIRMED = "confirmed"
    """The broker has taken responsibility."""
    RETURNED = "returned"
    """No queue is bound for it; the broker dropped it."""
    NACKED = "nacked"
    """A queue refused it (full); others may have it."""


class Publisher(Protocol):
    """Takes events to the broker."""

    def publish(self, batch: Sequence[Due]) -> list[Fate]:
        """Publish all, persistent, with a window of confirms; return one fate each, in order.

        Requests and messages to one queue are published `mandatory`; facts are not, since nobody
        need listen. At least once: after an error any of the batch may have arrived. Called from
        one thread at a time. Raises BrokerUnavailableError (connection lost or refused, confirm
        overdue, connection blocked by an alarm); the next call connects anew.
        """
        ...

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Wake the ingress process at `address`: these operations have ended.

        A transient message, neither confirmed nor mandatory; losing it costs the waiter a poll.
        Raises BrokerUnavailableError.
        """
        ...

    def check(self) -> None:
        """Return when the broker would take events; raise BrokerUnavailableError if not.

        May be called from other threads.
        """
        ...

    def close(self) -> None:
        """Close the connection, if there is one."""
        ...
