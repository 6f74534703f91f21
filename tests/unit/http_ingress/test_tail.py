"""The shared end of the ledger."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from http_ingress.tail import Line, Tail, line
from schemas.envelope import Envelope
from store.errors import DatabaseUnavailableError
from store.views import Recorded

T = TypeVar("T")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Ledger:
    """Positions 1 to `last`, and how often they were read."""

    def __init__(self) -> None:
        self.last = 0
        self.reads: list[int] = []
        self.down = False
        self.size = 10

    async def read(self, after: int, most: int) -> Sequence[Recorded]:
        """Return what comes after a position."""
        self.reads.append(after)
        if self.down:
            raise DatabaseUnavailableError("down")
        return [self._event(position) for position in range(after + 1, self.last + 1)][:most]

    def _event(self, position: int) -> Recorded:
        data = b'"' + b"x" * self.size + b'"'
        envelope = Envelope(id=str(position), source="/", type="muniment.a.b.v1", data=data)
        return Recorded(position, envelope, "accepted", "user:x", NOON)


def run(work: Callable[[Ledger, Tail], Awaitable[T]]) -> T:
    """Run something with a fresh ledger and its tail."""

    async def inner() -> T:
        ledger = Ledger()
        return await asyncio.wait_for(work(ledger, Tail(ledger.read)), 60)

    return asyncio.run(inner())


async def collect(tail: Tail, position: int, count: int) -> list[int]:
    seen: list[int] = []
    while len(seen) < count:
        lines: Sequence[Line] = await tail.after(position, 5)
        seen += [one.position for one in lines]
        position = seen[-1] if seen else position
    return seen


def test_many_listeners_cost_one_reader() -> None:
    async def work(ledger: Ledger, tail: Tail) -> int:
        with tail.listening(0):
            listeners = [asyncio.create_task(collect(tail, 0, 50)) for _ in range(100)]
            for position in range(1, 51):
                ledger.last = position
                tail.wake()
                await asyncio.sleep(0)
            for seen in await asyncio.gather(*listeners):
                assert seen == list(range(1, 51))
        return len(ledger.reads)

    assert run(work) < 60


def test_who_is_far_behind_reads_for_itself_and_misses_nothing() -> None:
    async def work(ledger: Ledger, tail: Tail) -> list[int]:
        ledger.size = 60_000
        with tail.listening(0):
            ledger.last = 400
            tail.wake()
            assert await collect(tail, 0, 400) == list(range(1, 401))
            # What is kept in memory has begun to leave by now.
            return await collect(tail, 0, 400)

    assert run(work) == list(range(1, 401))


def test_waiting_in_vain_ends() -> None:
    async def work(ledger: Ledger, tail: Tail) -> Sequence[Line]:
        del ledger
        with tail.listening(0):
            return await tail.after(0, 0.01)

    assert run(work) == []


def test_without_listeners_nothing_is_read() -> None:
    async def work(ledger: Ledger, tail: Tail) -> list[int]:
        ledger.last = 1
        with tail.listening(0):
            await collect(tail, 0, 1)
        ledger.reads.clear()
        tail.wake()
        await asyncio.sleep(0.1)
        return ledger.reads

    assert run(work) == []


def test_a_database_that_comes_back_is_read_on() -> None:
    async def work(ledger: Ledger, tail: Tail) -> list[int]:
        ledger.down, ledger.last = True, 3
        with tail.listening(0):
            assert await tail.after(0, 0.05) == []
            ledger.down = False
            return await collect(tail, 0, 3)

    assert run(work) == [1, 2, 3]


def test_closing_lets_listeners_go() -> None:
    async def work(ledger: Ledger, tail: Tail) -> Sequence[Line]:
        del ledger
        with tail.listening(0):
            waiting = asyncio.create_task(tail.after(0, 60))
            await asyncio.sleep(0)
            tail.close()
            return await waiting

    assert run(work) == []


def test_an_event_is_one_line() -> None:
    envelope = Envelope(id="1", source="/", type="muniment.a.b.v1", data=b'{\r\n "a":\n1}')
    sse = line(Recorded(7, envelope, "accepted", "x", NOON)).sse
    assert sse.startswith(b"id: 7\nevent: muniment.a.b.v1\ndata: {")
    assert sse.endswith(b'{   "a": 1}}\n\n')
    assert sse.count(b"\n") == 4
