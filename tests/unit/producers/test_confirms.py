"""The fates of a batch, as answers come in any order."""

from itertools import permutations

import pytest

from producers.amqp import sending
from producers.confirms import Confirms, Sending
from producers.ports import Fate
from schemas.envelope import Envelope
from store.outbox import Due

C, N, R = Fate.CONFIRMED, Fate.NACKED, Fate.RETURNED


def due(name: str, queue: str = "q", attempt: int = 1) -> Sending:
    envelope = Envelope(id=name, source="/s", type="muniment.t.t.v1", attempt=attempt)
    return sending(Due(name, envelope, "", queue))


def return_of(confirms: Confirms, one: Sending) -> None:
    confirms.returned(one.exchange, one.routing_key, one.message().headers)


@pytest.mark.parametrize("tags", list(permutations((8, 9, 10))))
def test_single_answers_may_come_in_any_order(tags: tuple[int, ...]) -> None:
    confirms = Confirms([due(name) for name in "abc"], first=8)
    for tag in tags:
        confirms.answer(tag, multiple=False, fate=N if tag == 9 else C)
    assert confirms.known == 3
    assert confirms.fates == [C, N, C]


def test_one_answer_may_speak_for_all_before_it() -> None:
    confirms = Confirms([due(name) for name in "abcde"], first=1)
    confirms.answer(2, multiple=False, fate=N)
    confirms.answer(3, multiple=True, fate=C)
    assert confirms.known == 3
    confirms.answer(5, multiple=True, fate=N)
    assert confirms.fates == [C, N, C, N, N]


def test_answers_for_what_was_published_later_are_void() -> None:
    confirms = Confirms([due("a"), due("b")], first=1)
    confirms.answer(3, multiple=False, fate=N)
    assert confirms.known == 0
    confirms.answer(3, multiple=True, fate=C)
    assert confirms.fates == [C, C]


def test_answers_for_older_batches_are_void() -> None:
    confirms = Confirms([due("a")], first=100)
    confirms.answer(99, multiple=False, fate=N)
    confirms.answer(99, multiple=True, fate=N)
    confirms.answer(5, multiple=False, fate=N)
    assert confirms.known == 0
    confirms.answer(100, multiple=False, fate=C)
    assert confirms.fates == [C]


def test_a_returned_message_is_known_once_it_is_confirmed() -> None:
    batch = [due("a"), due("b", "nowhere"), due("c")]
    confirms = Confirms(batch, first=1)
    return_of(confirms, batch[1])
    assert confirms.known == 0
    confirms.answer(3, multiple=True, fate=C)
    assert confirms.fates == [C, R, C]


def test_equal_messages_are_returned_one_by_one() -> None:
    batch = [due("a"), due("b"), due("a"), due("a", attempt=2)]
    confirms = Confirms(batch, first=1)
    return_of(confirms, batch[0])
    confirms.answer(4, multiple=True, fate=C)
    assert confirms.fates == [R, C, C, C]
    return_of(confirms, batch[3])
    return_of(confirms, batch[0])
    assert confirms.fates == [R, C, R, R]


def test_a_return_that_is_not_of_this_batch_is_void() -> None:
    confirms = Confirms([due("a")], first=1)
    return_of(confirms, due("b"))
    confirms.answer(1, multiple=False, fate=C)
    assert confirms.fates == [C]
