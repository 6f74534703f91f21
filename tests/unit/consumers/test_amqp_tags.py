"""Which frames acknowledge which deliveries."""

from hypothesis import given
from hypothesis import strategies as st

from consumers.amqp_tags import Unfinished


def unfinished(count: int) -> Unfinished:
    found = Unfinished()
    for tag in range(1, count + 1):
        found.add(tag)
    return found


def test_a_batch_is_one_frame() -> None:
    assert unfinished(50).finish(range(1, 51)) == [(50, True)]


def test_what_is_behind_a_slow_delivery_does_not_wait_for_it() -> None:
    tags = unfinished(5)
    assert tags.finish([5, 3]) == [(3, False), (5, False)]
    assert tags.finish([1]) == [(1, True)]
    assert tags.finish([2, 4]) == [(4, True)]


def test_finishing_twice_says_nothing() -> None:
    tags = unfinished(2)
    tags.finish([1, 2])
    assert tags.finish([1, 2, 7]) == []


@given(st.lists(st.sets(st.integers(1, 12)), max_size=12))
def test_the_broker_forgets_what_was_finished_and_no_more(finished: list[set[int]]) -> None:
    tags = unfinished(12)
    at_the_broker = set(range(1, 13))
    done: set[int] = set()
    for some in finished:
        for tag, multiple in tags.finish(some):
            covered = {one for one in at_the_broker if one == tag or (multiple and one < tag)}
            assert tag in covered, "a broker closes the channel over a tag that it does not know"
            at_the_broker -= covered
        done |= some
        assert at_the_broker == set(range(1, 13)) - done
