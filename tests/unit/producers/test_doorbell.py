"""Doorbells: who waits is woken, and nobody else."""

from contextlib import suppress
from threading import Barrier, Thread

from producers.doorbell import Waiters


def test_who_waits_for_an_operation_is_woken() -> None:
    waiters = Waiters("here")
    woken: list[str] = []
    with waiters.waiting("1", lambda: woken.append("a")):
        with waiters.waiting("1", lambda: woken.append("b")):
            waiters.ring("here", ["2", "1"])
        waiters.ring("here", ["1", "1"])
    waiters.ring("here", ["1"])
    assert woken == ["a", "b", "a", "a"]


def test_another_address_is_not_reached_from_here() -> None:
    waiters = Waiters("here")
    woken: list[int] = []
    with waiters.waiting("1", lambda: woken.append(1)):
        waiters.ring("there", ["1"])
    assert woken == []


def test_ringing_for_what_nobody_waits_for_does_nothing() -> None:
    Waiters("here").ring("here", ["1"])


def test_a_waiter_that_fails_is_still_taken_off() -> None:
    waiters = Waiters("here")
    woken: list[int] = []
    with suppress(ZeroDivisionError), waiters.waiting("1", lambda: woken.append(1)):
        raise ZeroDivisionError
    waiters.ring("here", ["1"])
    assert woken == []


def test_a_wake_up_may_end_the_wait_from_any_thread() -> None:
    waiters = Waiters("here")
    together = Barrier(9)
    woken: list[int] = []

    def wait(number: int) -> None:
        with waiters.waiting("1", lambda: woken.append(number)):
            together.wait()
            together.wait()

    threads = [Thread(target=wait, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    together.wait()
    waiters.ring("here", ["1"])
    together.wait()
    for thread in threads:
        thread.join()
    assert sorted(woken) == list(range(8))
    waiters.ring("here", ["1"])
    assert len(woken) == 8
