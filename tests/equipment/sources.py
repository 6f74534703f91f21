"""A source of deliveries with somebody listening in."""

from collections.abc import Callable, Sequence
from datetime import datetime

from consumers.runtime.source import Delivery, Source
from store.database import Transaction


class Intercepted:
    """A source that calls back, with the call's name, before or after each call of the inner."""

    def __init__(
        self,
        inner: Source,
        *,
        before: Callable[[str], None] = lambda _call: None,
        after: Callable[[str], None] = lambda _call: None,
    ) -> None:
        self._inner = inner
        self._before = before
        self._after = after

    def take(self, most: int, wait_seconds: float) -> list[Delivery]:
        """As the inner source; `after` is called only when something was taken."""
        self._before("take")
        taken = self._inner.take(most, wait_seconds)
        if taken:
            self._after("take")
        return taken

    def settle(self, transaction: Transaction, deliveries: Sequence[Delivery]) -> None:
        """As the inner source."""
        self._before("settle")
        self._inner.settle(transaction, deliveries)
        self._after("settle")

    def retry(
        self, transaction: Transaction, delivery: Delivery, attempt: int, not_before: datetime
    ) -> None:
        """As the inner source."""
        self._before("retry")
        self._inner.retry(transaction, delivery, attempt, not_before)
        self._after("retry")

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """As the inner source."""
        self._before("acknowledge")
        self._inner.acknowledge(deliveries)
        self._after("acknowledge")

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """As the inner source."""
        self._before("release")
        self._inner.release(deliveries)
        self._after("release")

    def drain(self) -> None:
        """As the inner source."""
        self._inner.drain()

    def close(self) -> None:
        """As the inner source."""
        self._inner.close()
