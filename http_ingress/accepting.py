"""The border between the event loop and the acceptor's thread.

A commit answers many requests at once: they are handed over together, with one wake-up of the loop.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from http_ingress import problems
from http_ingress.problems import RETRY_SOON, Problem
from producers.acceptor import Acceptance, Answer, Done, Receipt

Submit = Callable[[Acceptance, Done], None]
"""`producers.acceptor.Acceptor.submit`."""

_Future = asyncio.Future[Answer]


class Accepting:
    """Has events accepted; belongs to one event loop."""

    def __init__(self, submit: Submit, most_pending: int, accepted: Callable[[], None]) -> None:
        """`accepted` is called, in the loop, whenever something new is in the ledger."""
        self._submit = submit
        self._most_pending = most_pending
        self._accepted = accepted
        self._loop = asyncio.get_running_loop()
        self._pending = 0
        self._answers: deque[tuple[_Future, Answer]] = deque()
        self._awake = False

    async def accept(self, acceptance: Acceptance) -> Receipt:
        """Return the receipt once the events are durable.

        Raises ConflictError, DatabaseUnavailableError (nobody knows whether they are) or a Problem
        when too many wait already.
        """
        if self._pending >= self._most_pending:
            raise Problem(problems.BUSY, "Too many requests wait to be stored.", headers=RETRY_SOON)
        future: _Future = self._loop.create_future()
        self._pending += 1
        try:
            self._submit(acceptance, partial(self._done, future))
            answer = await future
        finally:
            self._pending -= 1
        if isinstance(answer, Receipt):
            return answer
        raise answer

    def _done(self, future: _Future, answer: Answer) -> None:
        """Take an answer, in the acceptor's thread."""
        self._answers.append((future, answer))
        if not self._awake:
            self._awake = True
            # A loop that has ended has nobody waiting in it any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        # Lowered first: an answer that comes from now on either is seen below or wakes us again.
        self._awake = False
        while self._answers:
            future, answer = self._answers.popleft()
            if not future.done():
                future.set_result(answer)
        self._accepted()
