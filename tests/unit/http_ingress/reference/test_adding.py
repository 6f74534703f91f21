"""Many are counted at once, and each is told a number of its own."""

import asyncio
from datetime import UTC, datetime

import pytest

from http_ingress.reference.adding import Adding
from store.components.counters import Counter

SINCE = datetime(2026, 11, 21, tzinfo=UTC)


def test_each_is_told_a_number_of_its_own() -> None:
    statements: list[int] = []

    async def add(count: int) -> Counter:
        statements.append(count)
        await asyncio.sleep(0)
        return Counter("service", sum(statements), SINCE)

    async def body() -> None:
        adding = Adding(add)
        told = await asyncio.gather(*(adding.add() for _ in range(200)))
        assert [one.value for one in told] == list(range(1, 201))
        assert {one.last_reset for one in told} == {SINCE}

    asyncio.run(body())
    assert sum(statements) == 200
    assert len(statements) < 5


def test_a_failure_is_told_to_all_it_befell_and_to_nobody_else() -> None:
    failing = [True]

    async def add(count: int) -> Counter:
        if failing:
            failing.pop()
            raise OSError("away")
        return Counter("service", count, SINCE)

    async def body() -> None:
        adding = Adding(add)
        told = await asyncio.gather(*(adding.add() for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in told] == [OSError] * 3
        assert (await adding.add()).value == 1

    asyncio.run(body())


def test_who_gives_up_takes_nothing_from_the_others() -> None:
    may = asyncio.Event

    async def body() -> None:
        let = may()

        async def add(count: int) -> Counter:
            await let.wait()
            return Counter("service", count, SINCE)

        adding = Adding(add)
        one, other = (asyncio.create_task(adding.add()) for _ in range(2))
        await asyncio.sleep(0)
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
        let.set()
        assert (await other).value == 2

    asyncio.run(body())
