"""Polling: one chain of polls from start to stop, whatever happens, and the truth about it."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, Semaphore

import pytest

from consumers.poll_service import CONSUMER
from producers.components import Components
from schemas.components import PLATFORM, SERVICE
from schemas.polls import PollFailed, PollRequested, PollSucceeded
from store import audit, tables
from store.components.polling import SqlPolls
from store.components.ports import Answer as PollAnswer
from store.database import open_database
from tests.equipment.component_settings import change_setting
from tests.equipment.making import MakeWorld
from tests.equipment.polling import WHO, Platform, platform
from tests.equipment.world import PATIENCE_SECONDS
from tests.services.waiting import until
from tests.web import Answer


@pytest.fixture
def anywhere(make_world: MakeWorld) -> Iterator[Platform]:
    """A platform in each of the worlds."""
    with platform(make_world) as one:
        yield one


@pytest.fixture
def embedded(make_embedded_world: MakeWorld) -> Iterator[Platform]:
    """A platform on each of the databases."""
    with platform(make_embedded_world) as one:
        yield one


def uses(one: Platform) -> int:
    return one.components.counter(PLATFORM).value


def wait_between(one: Platform, seconds: int) -> None:
    """Have polls so far apart that none is due before the test lets time pass."""
    for bound in ("max_sec", "min_sec"):
        change_setting(one.components, PLATFORM, bound, str(seconds), WHO)


# --- start, and from poll to poll -----------------------------------------------------------------


def test_a_start_polls_at_once_and_then_again_and_again(anywhere: Platform) -> None:
    one = anywhere
    wait_between(one, 60)
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        for number in (2, 3):
            assert one.fire() == 0
            one.go_on()
            assert one.polled == number
    asked = one.world.rows(tables.events, type=PollRequested.TYPE)
    told = one.world.rows(tables.events, type=PollSucceeded.TYPE)
    assert [json.loads(row["data"])["round"] for row in asked] == [1, 2, 3]
    assert [row["cause"] for row in told] == [row["key"] for row in asked]
    by_schedule = "schedule:poll:platform"
    assert [row["actor"] for row in asked] == [WHO, by_schedule, by_schedule]
    assert (one.poll.succeeded, one.poll.failed) == (3, 0)
    assert one.poll.outcome == "answered with status 200"
    assert one.pending() == 1
    assert not one.world.rows(tables.parked)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(500), "answered with status 500"),
        (Answer(302, headers={"Location": "https://example.org/"}), "redirect"),
        (Answer(length=5), "answered with status 200"),
    ],
    ids=["refuses", "redirects", "breaks off"],
)
def test_whatever_is_answered_polling_goes_on(
    make_embedded_world: MakeWorld, answer: Answer, words: str
) -> None:
    with platform(make_embedded_world, lambda: answer) as one, one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.go_on()
        assert words in (one.poll.outcome or "")
        assert one.poll.succeeded + one.poll.failed == 2
        told = one.world.count(tables.events, type=PollFailed.TYPE)
        assert told == one.poll.failed == (0 if answer.status == 200 else 2)


def test_what_must_not_be_polled_is_told_with_advice(embedded: Platform) -> None:
    one = embedded
    change_setting(one.components, PLATFORM, "service_url", "http://127.0.0.2/?key=secret", WHO)
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.go_on()
    assert one.polled == 0
    assert one.poll.failed == 2
    assert "in MUNIMENT_FETCH_ALLOW" in (one.poll.outcome or "")
    events = one.world.rows(tables.events)
    assert not any("secret" in row["data"] for row in events)
    assert "secret" not in (one.poll.outcome or "")


def test_waits_are_whole_seconds_each_as_likely_as_the_others(embedded: Platform) -> None:
    one = embedded
    change_setting(one.components, PLATFORM, "max_sec", "5", WHO)
    change_setting(one.components, PLATFORM, "min_sec", "2", WHO)
    one.components.start(WHO)
    now = one.world.clock()
    waits = []
    chances = iter([number / 40 for number in range(40)])
    for number in range(40):
        with one.world.database.transaction() as transaction:
            polls = SqlPolls(transaction, one.world.database, "k", chances.__next__)
            made = replace(one.poll, round=number + 1)
            assert polls.advance(made, PollAnswer(200, "well", 0), now)
        assert one.poll.next_at is not None
        waits.append((one.poll.next_at - now).total_seconds())
    assert {wait: waits.count(wait) for wait in waits} == {2: 10, 3: 10, 4: 10, 5: 10}
    (schedule,) = one.world.rows(tables.schedules)
    assert schedule["next_at"] == one.poll.next_at


def test_bounds_are_read_again_for_each_poll_and_the_url_at_the_start(embedded: Platform) -> None:
    one = embedded
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        change_setting(one.components, PLATFORM, "max_sec", "900", WHO)
        change_setting(one.components, PLATFORM, "min_sec", "900", WHO)
        change_setting(one.components, PLATFORM, "service_url", "http://192.0.2.1/", WHO)
        one.go_on()
    assert one.polled == 2
    assert one.poll.next_at is not None
    assert one.poll.polled_at is not None
    assert one.poll.next_at - one.poll.polled_at == timedelta(seconds=900)
    assert one.components.poll().url == one.url
    one.components.stop(WHO)
    assert one.components.poll().url == "http://192.0.2.1/"


# --- one poller -----------------------------------------------------------------------------------


def test_every_start_and_stop_is_a_use_and_the_first_alone_has_an_effect(
    embedded: Platform,
) -> None:
    one = embedded
    for _ in range(3):
        one.components.start(WHO)
    assert (uses(one), one.poll.generation, one.pending()) == (3, 1, 1)
    for _ in range(2):
        one.components.stop(WHO)
    assert (uses(one), one.poll.running) == (5, False)
    lines = [(line.field, line.old, line.new) for line in audit.page(one.world.database)]
    assert lines == [
        ("polling", '"running"', '"stopped"'),
        ("polling", '"stopped"', '"running"'),
    ]


def test_polls_are_no_uses(anywhere: Platform) -> None:
    one = anywhere
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.go_on()
    assert uses(one) == 1
    assert one.components.counter(SERVICE).value == 0


def test_forty_starts_at_once_begin_one_chain(
    embedded: Platform, make_embedded_world: MakeWorld
) -> None:
    one = embedded
    barrier = Barrier(40)
    with closing(open_database(make_embedded_world.database_url)) as other:
        mine = one.components
        theirs = Components(other, mine.ledger, mine.stamp, mine.clock, one.url)

        def start(number: int) -> None:
            barrier.wait(30)
            (mine, theirs)[number % 2].start(WHO)

        with ThreadPoolExecutor(40) as threads:
            list(threads.map(start, range(40)))
    assert (uses(one), one.poll.generation) == (40, 1)
    with one.world.working(CONSUMER), one.world.working(CONSUMER):
        one.wait_for(1)
        one.go_on()
    assert one.polled == 2
    assert one.pending() == 1


def test_stop_means_stop(anywhere: Platform) -> None:
    one = anywhere
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.let_pass(60)
        assert one.fire() == 1  # one poll is on its way to the consumer, or has been made
        one.components.stop(WHO)
        landed = one.polled
        one.world.wait_until_at_rest()
        one.let_pass(600)
        assert one.fire() == 0
        one.world.wait_until_at_rest()
    assert one.polled in {landed, landed + 1}
    assert one.pending() == 0
    assert one.components.poll().next_at is None


def test_a_stop_and_a_start_at_once_leave_one_live_poller(anywhere: Platform) -> None:
    one = anywhere
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        for generation in (2, 3, 4):
            one.wait_for(1)
            one.components.stop(WHO)
            one.components.start(WHO)
            assert one.poll.generation == generation
            one.wait_for(1)
            one.go_on()
            one.world.wait_until_at_rest()
            assert one.pending() == 1
            assert one.poll.running
            assert one.poll.round == 3


def test_twenty_stops_and_starts_at_once_leave_one_chain_or_none(anywhere: Platform) -> None:
    one = anywhere
    barrier = Barrier(20)

    def turn(number: int) -> None:
        barrier.wait(30)
        (one.components.start if number % 2 else one.components.stop)(WHO)
        one.components.stop(WHO)
        one.components.start(WHO)

    with one.world.working(CONSUMER), one.world.working(CONSUMER):
        one.components.start(WHO)
        with ThreadPoolExecutor(20) as threads:
            list(threads.map(turn, range(20)))
        one.components.start(WHO)
        assert uses(one) == 62
        one.wait_for(1)
        one.go_on()
        one.world.wait_until_at_rest()
    assert one.pending() == 1
    assert one.poll.round == 3


def test_copies_and_forgeries_make_no_further_poll(anywhere: Platform) -> None:
    one = anywhere
    one.components.start(WHO)
    (row,) = one.world.rows(tables.events, type=PollRequested.TYPE)
    asked = PollRequested.model_validate_json(row["data"])
    forged = one.world.accept(
        *[asked] * 5,
        asked.model_copy(update={"generation": 2}),
        asked.model_copy(update={"component": SERVICE}),
        asked.model_copy(update={"component": "nobody"}),
        asked.model_copy(update={"generation": 2**63 - 1, "round": 2**63 - 1}),
    )
    with one.world.working(CONSUMER), one.world.working(CONSUMER):
        one.world.deliver(forged[0], CONSUMER.name)
        one.wait_for(1)
        one.world.wait_for(tables.inbox, 10)
        assert one.polled == 1
        one.go_on()
        one.world.wait_until_at_rest()
    assert one.polled == 2
    assert one.pending() == 1
    assert one.world.count(tables.parked) == 0


def test_a_poll_forged_for_later_is_made_when_it_is_due_and_once(embedded: Platform) -> None:
    one = embedded
    wait_between(one, 100)
    with one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        one.world.accept(PollRequested(component=PLATFORM, generation=1, round=2))
        until(
            lambda: any(
                row["not_before"] > one.world.clock() for row in one.world.rows(tables.deliveries)
            ),
            seconds=PATIENCE_SECONDS,
            what="the forged event to be put off",
        )
        assert one.polled == 1
        one.let_pass(120)
        one.fire()
        one.wait_for(2)
        one.world.wait_until_at_rest()
    assert one.polled == 2
    assert one.poll.round == 3


def test_two_events_of_one_round_do_not_poll_at_the_same_time(anywhere: Platform) -> None:
    one = anywhere
    arrived, answered = Semaphore(0), Semaphore(0)

    def answer() -> Answer:
        arrived.release()
        answered.acquire(timeout=PATIENCE_SECONDS)
        return Answer()

    one.service.answering = lambda _: answer()
    one.components.start(WHO)
    one.world.accept(*[PollRequested(component=PLATFORM, generation=1, round=1)] * 4)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(one.world.working(CONSUMER))
        assert arrived.acquire(timeout=PATIENCE_SECONDS)
        one.world.wait_for(tables.inbox, 4)
        assert one.polled == 1
        answered.release()
        one.wait_for(1)
    assert one.polled == 1


def test_rounds_go_up_one_by_one(anywhere: Platform) -> None:
    one = anywhere
    with one.world.working(CONSUMER), one.world.working(CONSUMER):
        one.components.start(WHO)
        one.wait_for(1)
        for _ in range(8):
            one.go_on()
    rounds = [
        json.loads(row["data"])["round"]
        for row in one.world.rows(tables.events, type=PollSucceeded.TYPE)
    ]
    assert sorted(rounds) == list(range(1, 10))
    assert all(after > before for before, after in pairwise(rounds))
