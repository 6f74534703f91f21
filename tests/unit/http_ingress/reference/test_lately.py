"""Nobody waits long for a look that takes long."""

import asyncio

import pytest

from http_ingress.reference.lately import Lately


class Eye:
    """Looks as often as it is let."""

    def __init__(self) -> None:
        self.looks = 0
        self.may = asyncio.Event()
        self.may.set()

    async def look(self) -> int:
        """Return how many looks there were."""
        self.looks += 1
        seen = self.looks
        await self.may.wait()
        return seen


def test_what_is_fresh_is_not_looked_at_again() -> None:
    async def body() -> None:
        eye = Eye()
        lately = Lately(eye.look, fresh=1000, patience=1000)
        assert await asyncio.gather(*(lately.get() for _ in range(5))) == [1] * 5
        assert await lately.get() == 1

    asyncio.run(body())


def test_what_is_old_is_looked_at_again() -> None:
    async def body() -> None:
        lately = Lately(Eye().look, fresh=0, patience=1000)
        assert [await lately.get() for _ in range(3)] == [1, 2, 3]

    asyncio.run(body())


def test_who_does_not_wait_is_told_what_was_found_last() -> None:
    async def body() -> None:
        eye = Eye()
        eye.may.clear()
        lately = Lately(eye.look, fresh=0, patience=0)
        assert [await lately.get() for _ in range(3)] == [None] * 3
        eye.may.set()
        seen = Lately(eye.look, fresh=1000, patience=1000)
        assert await seen.get() == 2
        assert await lately.get() is not None

    asyncio.run(body())


def test_one_look_at_a_time() -> None:
    async def body() -> None:
        eye = Eye()
        eye.may.clear()
        lately = Lately(eye.look, fresh=0, patience=0)
        for _ in range(5):
            await lately.get()
        assert eye.looks == 1
        eye.may.set()

    asyncio.run(body())


def test_a_look_that_fails_is_told_and_made_again() -> None:
    async def body() -> None:
        failing = [True]

        async def look() -> str:
            if failing.pop():
                raise OSError("blind")
            return "seen"

        lately = Lately(look, fresh=1000, patience=1000)
        with pytest.raises(OSError, match="blind"):
            await lately.get()
        failing.append(False)
        assert await lately.get() == "seen"

    asyncio.run(body())
