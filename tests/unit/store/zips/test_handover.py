"""What one thread puts another takes, in order, and neither waits for one that is gone."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from store.zips.handover import Handover, TakerGoneError


def settled(future: Future[None]) -> bool:
    """Return whether it ends, given as long as something that does not wait takes at most."""
    try:
        future.exception(timeout=0.05)
    except TimeoutError:
        return False
    return True


def test_everything_arrives_in_order() -> None:
    chunks = [bytes([number]) * number for number in range(1, 200)]
    handover = Handover(300)

    def put() -> None:
        for chunk in chunks:
            handover.put(chunk)
        handover.end()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(put)
        taken = []
        while (chunk := handover.take()) is not None:
            taken.append(chunk)
    assert taken == chunks
    assert handover.take() is None


def test_there_is_no_more_than_the_limit() -> None:
    handover = Handover(10)
    with ThreadPoolExecutor(1) as thread:
        handover.put(b"123456")
        handover.put(b"1234")
        more = thread.submit(handover.put, b"5")
        assert not settled(more)
        assert handover.take() == b"123456"
        more.result(60)


def test_a_chunk_that_is_larger_goes_alone() -> None:
    handover = Handover(10)
    handover.put(bytes(11))
    assert handover.take() == bytes(11)


def test_an_error_comes_after_what_was_put_before_it() -> None:
    handover = Handover(10)
    handover.put(b"1")
    handover.end(ZeroDivisionError())
    handover.wait()
    assert handover.take() == b"1"
    for ask in (handover.wait, handover.take, handover.take):
        with pytest.raises(ZeroDivisionError):
            ask()


def test_whoever_puts_learns_that_nobody_takes() -> None:
    handover = Handover(1)
    handover.put(b"1")
    with ThreadPoolExecutor(1) as thread:
        more = thread.submit(handover.put, b"2")
        handover.close()
        assert isinstance(more.exception(60), TakerGoneError)
    with pytest.raises(TakerGoneError):
        handover.put(b"3")


def test_whoever_takes_learns_that_it_was_closed() -> None:
    handover = Handover(1)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(handover.take)
        handover.close()
        assert isinstance(waiting.exception(60), TakerGoneError)
    handover.end()
    with pytest.raises(TakerGoneError):
        handover.take()
