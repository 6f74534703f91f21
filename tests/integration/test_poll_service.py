"""One poll, instant by instant: what its consumer may touch, and when."""

from collections.abc import Iterator

import pytest

from consumers.contract import RetryLater
from consumers.poll_service import poll_service
from schemas.components import PLATFORM
from schemas.polls import PollRequested
from store import tables
from store.components.polling import SqlPolls
from tests.equipment.making import MakeWorld
from tests.equipment.polling import WHO, Platform, platform
from tests.web import Answer


@pytest.fixture
def embedded(make_embedded_world: MakeWorld) -> Iterator[Platform]:
    """A platform on each of the databases."""
    with platform(make_embedded_world) as one:
        yield one


def run(one: Platform, event: PollRequested, key: str) -> int:
    """Handle an event that has been delivered, and return how many events follow."""
    with one.world.database.transaction() as transaction:
        work = one.world.make_work(transaction, key, 1, one.world.clock())
        return len(poll_service(event, work))


def test_no_transaction_is_open_while_the_service_is_asked(embedded: Platform) -> None:
    """A stop is not kept waiting by a service that says nothing; SQLite would have one writer."""
    one = embedded

    def answer() -> Answer:
        one.components.stop(WHO)
        return Answer()

    one.service.answering = lambda _: answer()
    one.components.start(WHO)
    assert run(one, PollRequested(component=PLATFORM, generation=1, round=1), "k") == 1
    assert one.polled == 1
    assert not one.poll.running
    # What was on the wire has landed, and touches nothing any more.
    assert (one.poll.round, one.poll.succeeded, one.pending()) == (1, 0, 1)
    assert one.world.count(tables.schedules) == 0


def test_what_was_polled_for_an_earlier_start_does_not_touch_the_new_one(
    embedded: Platform,
) -> None:
    one = embedded

    def answer() -> Answer:
        one.components.stop(WHO)
        one.components.start(WHO)
        return Answer()

    one.service.answering = lambda _: answer()
    one.components.start(WHO)
    assert run(one, PollRequested(component=PLATFORM, generation=1, round=1), "k") == 1
    assert (one.poll.generation, one.poll.round, one.poll.claimed_by) == (2, 1, None)
    one.service.answering = lambda _: Answer()
    assert run(one, PollRequested(component=PLATFORM, generation=1, round=1), "k") == 0
    assert run(one, PollRequested(component=PLATFORM, generation=2, round=1), "k2") == 1
    assert (one.poll.round, one.polled) == (2, 2)


def test_a_claim_is_the_events_own_until_the_round_is_over(embedded: Platform) -> None:
    one = embedded
    one.components.start(WHO)
    event = PollRequested(component=PLATFORM, generation=1, round=1)
    with one.world.database.transaction() as transaction:
        polls = SqlPolls(transaction, one.world.database, "dead", lambda: 0)
        assert polls.claim(one.poll)
        assert polls.claim(one.poll)
    assert run(one, event, "other") == 0
    assert one.polled == 0
    assert run(one, event, "dead") == 1
    assert run(one, event, "dead") == 0
    with pytest.raises(RetryLater):
        run(one, event.model_copy(update={"round": 2}), "dead")
    assert one.polled == 1
