"""Answers to "who is this?", remembered for some seconds under a keyed digest of the credentials.

So a burst of requests costs one look at the database. That somebody is not known is never
remembered, nor is a failure: a new user gets in at once.
"""

import asyncio
from collections.abc import Callable, Coroutine
from hashlib import blake2b
from typing import Any, Generic, TypeVar

_MOST = 10_000

T = TypeVar("T")


class Remembering(Generic[T]):
    """Remembers true answers; belongs to one event loop."""

    def __init__(self, secret: str, seconds: float) -> None:
        """`secret` keys the digests."""
        self._secret = secret.encode()[:64]
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._known: dict[bytes, tuple[float, asyncio.Future[T]]] = {}

    async def get(
        self, question: tuple[object, ...], find_out: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        """Return what `find_out` does, or did a while ago. Raises what it raises."""
        digest = blake2b(repr(question).encode(), key=self._secret).digest()
        until, known = self._known.get(digest, (0.0, None))
        if known is None or until < self._loop.time():
            # Remembered before it is known: who asks meanwhile waits for the same answer.
            known = asyncio.ensure_future(find_out())
            self._remember(digest, known)
        # Who gives up waiting does not take the answer from the others.
        return await asyncio.shield(known)

    def forget(self) -> None:
        """Find out everything anew: something has changed."""
        self._known.clear()

    def _remember(self, digest: bytes, known: asyncio.Future[T]) -> None:
        if len(self._known) >= _MOST:
            self._known.clear()
        remembered = (self._loop.time() + self._seconds, known)
        self._known[digest] = remembered

        def forget_nobody(known: asyncio.Future[T]) -> None:
            somebody = not known.cancelled() and known.exception() is None and known.result()
            if not somebody and self._known.get(digest) is remembered:
                del self._known[digest]

        known.add_done_callback(forget_nobody)
