"""What is remembered for some seconds: few values, the same for all, and no failure."""

import asyncio

import pytest

from http_ingress import problems
from http_ingress.problems import Problem
from http_ingress.statistics.room import Shelf, Turns


class Source:
    """Counts how often it is asked; may fail."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False

    async def read(self) -> int:
        """Return how often it has been asked."""
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise LookupError
        return self.asked


def test_who_asks_at_once_is_given_the_same() -> None:
    async def run() -> None:
        source, shelf = Source(), Shelf[str, int](2, 60)
        assert await asyncio.gather(*(shelf.get("a", source.read) for _ in range(5))) == [1] * 5
        assert await shelf.get("b", source.read) == 2
        assert await shelf.get("a", source.read) == 1

    asyncio.run(run())


def test_what_nobody_asked_for_lately_is_forgotten() -> None:
    async def run() -> None:
        source, shelf = Source(), Shelf[str, int](2, 60)
        for key in "abac":
            await shelf.get(key, source.read)
        assert [await shelf.get(key, source.read) for key in "acb"] == [1, 3, 4]

    asyncio.run(run())


def test_a_failure_is_not_remembered() -> None:
    async def run() -> None:
        source, shelf = Source(), Shelf[str, int](2, 60)
        source.fails = True
        failed = await asyncio.gather(
            *(shelf.get("a", source.read) for _ in range(2)), return_exceptions=True
        )
        assert [type(one) for one in failed] == [LookupError] * 2
        source.fails = False
        assert await shelf.get("a", source.read) == 2

    asyncio.run(run())


def test_what_is_old_is_looked_up_again() -> None:
    async def run() -> None:
        source, shelf = Source(), Shelf[str, int](2, 0)
        assert [await shelf.get("a", source.read) for _ in range(2)] == [1, 2]

    asyncio.run(run())


def test_a_few_work_at_once_some_wait_and_the_others_are_refused() -> None:
    async def run() -> None:
        turns, end, at_work = Turns(2, 3, "reports"), asyncio.Event(), 0

        async def work() -> None:
            nonlocal at_work
            async with turns.turn():
                at_work += 1
                await end.wait()
                at_work -= 1

        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                group.create_task(work())
            await asyncio.sleep(0)
            assert at_work == 2
            with pytest.raises(Problem) as caught:
                await work()
            assert caught.value.kind is problems.BUSY
            end.set()
        assert at_work == 0
        await work()

    asyncio.run(run())


def test_whose_turn_fails_leaves_it_to_the_next() -> None:
    async def run() -> None:
        turns = Turns(1, 1, "plots")
        for _ in range(2):
            with pytest.raises(LookupError):
                async with turns.turn():
                    raise LookupError

    asyncio.run(run())
