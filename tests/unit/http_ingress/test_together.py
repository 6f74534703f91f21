"""What many ask for one by one, asked once for all of them."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from http_ingress.together import Together


class Library:
    """Answers when it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.edition = 1
        self.begun = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.burning = False

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return something under every key but "missing"."""
        self.asked.append(list(keys))
        self.begun.set()
        edition = self.edition
        await self.open.wait()
        if self.burning:
            raise OSError("it burns")
        return {key: f"{key} {edition}" for key in keys if key != "missing"}


def test_who_asks_at_the_same_time_shares_a_look_up() -> None:
    async def work() -> None:
        library = Library()
        together = Together(library.look_up)
        found = await asyncio.gather(*(together.get(key) for key in ("a", "b", "a", "missing")))
        assert found == ["a 1", "b 1", "a 1", None]
        assert library.asked == [["a", "b", "missing"]]

    asyncio.run(work())


def test_nobody_is_told_anything_older_than_the_question() -> None:
    async def work() -> None:
        library = Library()
        together = Together(library.look_up)
        library.open.clear()
        first = asyncio.create_task(together.get("a"))
        await library.begun.wait()
        library.edition = 2
        late = [asyncio.create_task(together.get(key)) for key in ("a", "b")]
        await asyncio.sleep(0)
        library.open.set()
        assert await asyncio.gather(first, *late) == ["a 1", "a 2", "b 2"]
        assert library.asked == [["a"], ["a", "b"]]

    asyncio.run(work())


def test_a_failure_is_told_to_everybody_who_asked_and_to_nobody_else() -> None:
    async def work() -> None:
        library = Library()
        together = Together(library.look_up)
        library.burning = True
        tasks = [asyncio.create_task(together.get(key)) for key in ("a", "b")]
        for task in tasks:
            with pytest.raises(OSError, match="it burns"):
                await task
        library.burning = False
        assert await together.get("a") == "a 1"

    asyncio.run(work())


def test_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    async def work() -> None:
        library = Library()
        together = Together(library.look_up)
        library.open.clear()
        impatient, patient = (asyncio.create_task(together.get("a")) for _ in range(2))
        await library.begun.wait()
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        library.open.set()
        assert await patient == "a 1"

    asyncio.run(work())
