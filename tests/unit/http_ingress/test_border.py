"""The border between the event loop and the acceptor's thread, and what waits at it."""

import asyncio
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

import pytest

from http_ingress.accepting import Accepting
from http_ingress.fresh import Fresh
from http_ingress.problems import Problem
from http_ingress.threads import Threads
from producers.acceptor import Acceptance, Answer, Done, Receipt
from store.errors import ConflictError

T = TypeVar("T")
NOTHING = Acceptance([], "user:x")


class Commits:
    """What was submitted, and its answers: from another thread, as after a commit."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Done] = SimpleQueue()

    def submit(self, acceptance: Acceptance, done: Done) -> None:
        """Keep who waits."""
        del acceptance
        self._waiting.put(done)

    def answer(self, count: int, answer: Answer) -> None:
        """Answer the first `count`."""

        def tell() -> None:
            for _ in range(count):
                self._waiting.get()(answer)

        thread = Thread(target=tell)
        thread.start()
        thread.join()


def run(work: Callable[[], Awaitable[T]]) -> T:
    async def inner() -> T:
        return await asyncio.wait_for(work(), 60)

    return asyncio.run(inner())


def test_everybody_of_a_commit_is_answered_with_one_wake_up() -> None:
    async def work() -> int:
        commits, wakes = Commits(), []
        accepting = Accepting(commits.submit, 1000, lambda: wakes.append(1))
        waiting = [asyncio.create_task(accepting.accept(NOTHING)) for _ in range(300)]
        await asyncio.sleep(0)
        commits.answer(300, Receipt(["k"]))
        assert [one.operations for one in await asyncio.gather(*waiting)] == [["k"]] * 300
        return len(wakes)

    assert run(work) == 1


def test_a_refusal_is_raised_where_it_was_asked() -> None:
    async def work() -> None:
        commits = Commits()
        accepting = Accepting(commits.submit, 1000, lambda: None)
        waiting = asyncio.create_task(accepting.accept(NOTHING))
        await asyncio.sleep(0)
        commits.answer(1, ConflictError("id", "taken"))
        with pytest.raises(ConflictError):
            await waiting

    run(work)


def test_more_than_may_wait_are_put_off_and_places_become_free() -> None:
    async def work() -> None:
        commits = Commits()
        accepting = Accepting(commits.submit, 2, lambda: None)
        waiting = [asyncio.create_task(accepting.accept(NOTHING)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Problem) as caught:
            await accepting.accept(NOTHING)
        assert (caught.value.kind.status, "Retry-After" in caught.value.headers) == (429, True)
        waiting[0].cancel()
        await asyncio.wait([waiting[0]])
        late = asyncio.create_task(accepting.accept(NOTHING))
        await asyncio.sleep(0)
        commits.answer(3, Receipt(["k"]))
        assert (await late).operations == ["k"]
        assert (await waiting[1]).operations == ["k"]

    run(work)


def test_a_value_is_looked_up_once_for_all_who_ask_and_anew_when_old() -> None:
    async def work() -> int:
        reads = []

        async def read() -> int:
            reads.append(1)
            await asyncio.sleep(0)
            return len(reads)

        fresh = Fresh(read, 3600)
        assert await asyncio.gather(*(fresh.get() for _ in range(50))) == [1] * 50
        stale = Fresh(read, 0)
        assert [await stale.get(), await stale.get()] == [2, 3]
        return len(reads)

    assert run(work) == 3


def test_who_gives_up_leaves_no_thread_alone_with_its_work() -> None:
    """What a cancelled request was using must not be closed while a thread still uses it."""

    async def work() -> list[str]:
        threads, order = Threads(), []
        go: SimpleQueue[None] = SimpleQueue()

        def slow() -> None:
            go.get()
            order.append("worked")

        task = asyncio.create_task(threads.transfer(slow))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        go.put(None)
        await asyncio.wait([task])
        order.append("gave up")
        assert task.cancelled()
        threads.close()
        return order

    assert run(work) == ["worked", "gave up"]


def test_an_answer_that_comes_after_the_end_of_the_loop_hurts_nobody() -> None:
    commits = Commits()

    async def work() -> None:
        accepting = Accepting(commits.submit, 1, lambda: None)
        waiting = asyncio.create_task(accepting.accept(NOTHING))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    run(work)
    commits.answer(1, Receipt(["k"]))
