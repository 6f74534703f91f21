"""The end of the ledger, read once for every subscriber of this process.

While anybody listens, one task reads what is new: at once when this process accepts something, and
every few hundredths to quarters of a second for what consumers and other processes append. The
newest lines are kept in memory; who has fallen behind them reads the database, at its own pace.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from schemas.envelope import Envelope, to_structured
from store.errors import UnavailableError
from store.views import Recorded

_QUICK, _SLOW = 0.03, 0.25
_KEPT_LINES = 4000
_KEPT_BYTES = 8 * 1024**2
_PAGE = 500
_log = logging.getLogger(__name__)

Read = Callable[[int, int], Awaitable[Sequence[Recorded]]]
"""Takes a ledger position and how many at most; returns the events that come after it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event, as it goes over the wire to every subscriber that asked for it."""

    position: int
    envelope: Envelope
    sse: bytes


def line(one: Recorded) -> Line:
    """Return the event in the form of server-sent events."""
    # A line break in JSON text can only stand between tokens; there a space does as well.
    data = to_structured(one.envelope).replace(b"\r", b" ").replace(b"\n", b" ")
    head = f"id: {one.position}\nevent: {one.envelope.type}\ndata: ".encode()
    return Line(one.position, one.envelope, head + data + b"\n\n")


class Tail:
    """Knows the newest lines; belongs to one event loop."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lines: deque[Line] = deque()
        self._bytes = 0
        self._first = 0
        """Everything after this position and up to `_last` is in `_lines`."""
        self._last = 0
        self._task: asyncio.Task[None] | None = None
        self._appended = asyncio.Event()
        self._changed = asyncio.Event()
        self.listeners = 0
        self.closed = False

    def wake(self) -> None:
        """Look at once: something has been appended."""
        self._appended.set()

    def close(self) -> None:
        """Let every listener go."""
        self.closed = True
        self._tell()

    @contextmanager
    def listening(self, last: int) -> Iterator[None]:
        """Follow the ledger within the block; `last` is its last position now."""
        if self._task is None:
            self._lines.clear()
            self._bytes = 0
            self._first = self._last = last
            self._task = asyncio.create_task(self._follow(), name="tail")
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1
            if self.listeners == 0:
                self._task.cancel()
                self._task = None

    async def after(self, position: int, seconds: float) -> Sequence[Line]:
        """Return lines that come next after the position, as soon as there are any.

        Returns none after `seconds`, or when closed. Raises UnavailableError when they are no
        longer in memory and the database is down.
        """
        changed = self._changed
        if position < self._first:
            behind = await self._read(position, _PAGE)
            if behind:
                return [line(one) for one in behind]
        elif self._last > position:
            return self._newer(position)
        if not self.closed:
            try:
                await asyncio.wait_for(changed.wait(), seconds)
            except TimeoutError:
                return []
        return self._newer(position)

    def _newer(self, position: int) -> Sequence[Line]:
        found: list[Line] = []
        if position < self._first:
            return found
        for one in reversed(self._lines):
            if one.position <= position:
                break
            found.append(one)
        return found[: -_PAGE - 1 : -1]

    async def _follow(self) -> None:
        pause = _SLOW
        while True:
            self._appended.clear()
            found = await self._read_on()
            if found:
                self._keep([line(one) for one in found])
                pause = _QUICK
                # What comes in a stream is read in gulps, not drop by drop.
                await asyncio.sleep(_QUICK)
            else:
                pause = min(2 * pause, _SLOW)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._appended.wait(), pause)

    async def _read_on(self) -> Sequence[Recorded]:
        try:
            return await self._read(self._last, _PAGE)
        except UnavailableError as error:
            _log.warning("streams wait: %s", error)
        except Exception:  # noqa: BLE001 - the task serves everybody and must outlive it
            _log.exception("the end of the ledger could not be read")
        await asyncio.sleep(1)
        return []

    def _keep(self, lines: Sequence[Line]) -> None:
        self._lines.extend(lines)
        self._bytes += sum(len(one.sse) for one in lines)
        self._last = lines[-1].position
        while len(self._lines) > _KEPT_LINES or self._bytes > _KEPT_BYTES:
            oldest = self._lines.popleft()
            self._bytes -= len(oldest.sse)
            self._first = oldest.position
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
