"""Virtual hosts that are there before they are asked for: to make or delete one takes a second."""

import secrets
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from tests.services.rabbitmq import RabbitMQ

_AT_ONCE = 6


class SpareVhosts:
    """Makes some virtual hosts, and deletes others, while tests use those between."""

    def __init__(self, broker: RabbitMQ) -> None:
        self._broker = broker
        self._aside = ThreadPoolExecutor(1, "vhosts")
        self._ready: deque[str] = deque()
        self._used: list[str] = []
        self._deleted: list[Future[None]] = []
        self._next: Future[list[str]] = self._aside.submit(self._make)

    @contextmanager
    def fresh_vhost(self) -> Iterator[str]:
        """Yield the AMQP URL of an empty virtual host. Raises ServiceMissingError."""
        if not self._ready:
            self._ready.extend(self._next.result())
            self._next = self._aside.submit(self._make)
        name = self._ready.popleft()
        try:
            yield self._broker.url_of(name)
        finally:
            self._used.append(name)
            if len(self._used) >= _AT_ONCE:
                self._delete(self._used)
                self._used = []

    def close(self) -> None:
        """Delete what is left."""
        with self._aside:
            self._delete([*self._ready, *self._used, *self._next.result()])
        for deleted in self._deleted:
            deleted.result()

    def _make(self) -> list[str]:
        names = [f"muniment-test-{secrets.token_hex(6)}" for _ in range(_AT_ONCE)]
        self._broker.vhosts.create(*names)
        return names

    def _delete(self, names: list[str]) -> None:
        self._deleted.append(self._aside.submit(self._broker.vhosts.delete, *names))
