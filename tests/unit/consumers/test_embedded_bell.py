"""The bell that wakes sources of the embedded bus."""

from threading import Thread
from time import monotonic

from consumers.embedded import Bell


def test_it_counts_per_queue() -> None:
    bell = Bell()
    bell.ring(["a", "b"])
    bell.ring(["a"])
    assert [bell.count(queue) for queue in "abc"] == [2, 1, 0]


def test_a_ring_since_the_count_is_not_missed() -> None:
    bell = Bell()
    count = bell.count("a")
    bell.ring(["a"])
    before = monotonic()
    bell.wait("a", count, 60)
    assert monotonic() - before < 60


def test_a_ring_wakes_whoever_waits_for_that_queue() -> None:
    bell = Bell()
    waiting = Thread(target=bell.wait, args=("a", 0, 120))
    waiting.start()
    bell.ring(["b"])
    assert waiting.is_alive()
    bell.ring(["a"])
    waiting.join(60)
    assert not waiting.is_alive()


def test_waiting_ends_by_itself() -> None:
    before = monotonic()
    Bell().wait("a", 0, 0.05)
    assert monotonic() - before >= 0.05
