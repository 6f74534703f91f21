"""What the statistics remember for some seconds: reports and plots, a few of each."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Generic, TypeVar

from http_ingress import problems
from http_ingress.fresh import Fresh
from http_ingress.problems import RETRY_SOON, Problem
from http_ingress.statistics.plots.drawing import draw
from http_ingress.statistics.plots.looks import Shape, Theme
from http_ingress.statistics.report import Asked, Report, look
from http_ingress.threads import Threads
from store.database import Database

SECONDS = 5.0
"""How old a report or a plot may be that somebody is given."""
_MOST_REPORTS = 8
"""Reports that are remembered; of a year, one is 6 MB."""
_AT_ONCE = 2
"""Reports that are looked up at once: all other queries go on beside them."""
_MOST_WAITING = 16
"""Reports that are looked up or wait for it."""
_MOST_PLOTS = 64
"""Plots that are remembered, and plots that are drawn or wait for it."""

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Shelf(Generic[K, T]):
    """Values that are looked up at most once in a while, by key; belongs to one event loop."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[K, Fresh[T]] = OrderedDict()

    async def get(self, key: K, read: Callable[[], Awaitable[T]]) -> T:
        """Return the value; `read` is how that of this key is looked up."""
        if key not in self._kept:
            self._kept[key] = Fresh(read, self._seconds)
        self._kept.move_to_end(key)
        fresh = self._kept[key]
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        try:
            return await fresh.get()
        except Exception:
            # What failed is not what is there: the next who asks tries again.
            if self._kept.get(key) is fresh:
                del self._kept[key]
            raise


class Turns:
    """Lets a few work at once, has some wait, and refuses the others; belongs to one event loop."""

    def __init__(self, at_once: int, most: int, what: str) -> None:
        """`most` are those who work and those who wait; `what` is what they are about, plural."""
        self._free = asyncio.Semaphore(at_once)
        self._most = most
        self._what = what
        self._there = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, which is a block's. Raises a Problem (429): too many do."""
        if self._there >= self._most:
            text = f"Too many {self._what} are being made."
            raise Problem(problems.BUSY, text, headers=RETRY_SOON)
        self._there += 1
        try:
            async with self._free:
                yield
        finally:
            self._there -= 1


class Room:
    """Reports and plots; belongs to one event loop."""

    def __init__(self, database: Database, clock: Callable[[], datetime], threads: Threads) -> None:
        self._database = database
        self._clock = clock
        self._threads = threads
        self._reports: Shelf[Asked, Report] = Shelf(_MOST_REPORTS, SECONDS)
        self._looking = Turns(_AT_ONCE, _MOST_WAITING, "reports")
        self._plots: Shelf[tuple[str, Asked, Theme, Shape], bytes] = Shelf(_MOST_PLOTS, SECONDS)
        self._drawing = Turns(1, _MOST_PLOTS, "plots")

    async def report(self, asked: Asked) -> Report:
        """Return a report. Raises UnavailableError, and a Problem (429)."""

        async def read() -> Report:
            async with self._looking.turn():
                return await self._threads.query(look, self._database, asked, self._clock())

        return await self._reports.get(asked, read)

    async def plot(self, name: str, asked: Asked, theme: Theme, shape: Shape) -> bytes:
        """Return a plot as SVG. Raises UnavailableError, and a Problem (429)."""

        async def read() -> bytes:
            report = await self.report(asked)
            async with self._drawing.turn():
                return await self._threads.plot(draw, name, report, theme, shape)

        return await self._plots.get((name, asked, theme, shape), read)
