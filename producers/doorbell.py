"""Doorbells: who waits for an operation is woken when it ends.

Only a wake-up. What happened is in the ledger, and whoever waits polls it as well.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Protocol


class Doorbell(Protocol):
    """The consumers' side."""

    def ring(self, address: str, operations: Sequence[str]) -> None:
        """Wake who waits at `address` for these operations. Never raises, may be in vain."""
        ...


class Waiters:
    """The ingress's side, and in one process both sides. Safe to use from many threads."""

    def __init__(self, address: str) -> None:
        self.address = address
        """What requests carry as `replyto`."""
        self._lock = Lock()
        self._waiting: dict[str, list[Callable[[], None]]] = defaultdict(list)

    @contextmanager
    def waiting(self, operation: str, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake`, from any thread, whenever the operation is rung for within the block."""
        with self._lock:
            self._waiting[operation].append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._waiting[operation].remove(wake)
                if not self._waiting[operation]:
                    del self._waiting[operation]

    def ring(self, address: str, operations: Iterable[str]) -> None:
        """Wake who waits for them here; other addresses are not reached from here."""
        if address != self.address:
            return
        with self._lock:
            wakes = [wake for key in operations for wake in self._waiting.get(key, ())]
        for wake in wakes:
            wake()
