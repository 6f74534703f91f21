"""The relay: outbox rows reach the broker, and go away once it has taken them."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from threading import Event as Flag

import pytest
from sqlalchemy import delete

from ops.topology import apply, derive, queue_lengths
from producers.amqp import AmqpPublisher
from producers.ports import Fate
from producers.relay import WINDOW
from producers.stamping import Stamp
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import FACTS, REQUESTS
from store.database import Database, open_database
from store.errors import BrokerUnavailableError
from store.ledger import Entry, Ledger
from store.outbox import GRACE, Due
from store.tables import outbox
from tests.contract.bus_under_test import StillClock
from tests.equipment.emptying import end_connections
from tests.equipment.post import Collector, Post
from tests.equipment.probing import NAME, Script, prober, probes
from tests.equipment.world import PATIENCE_SECONDS, new_id
from tests.services.waiting import until


@pytest.fixture
def broker() -> Collector:
    """What is on the other side."""
    return Collector()


@pytest.fixture
def post(database: Database, broker: Collector) -> Post:
    """A relay on either database."""
    return Post(database, broker)


@pytest.fixture
def still_post(database: Database, broker: Collector) -> Post:
    """A relay for which no time passes unless the test says so."""
    return Post(database, broker, StillClock())


REQUEST = ProbeRequested(probe="x")
FACT = ProbeAnswered(probe="x", position=1)


def keys(envelopes: Sequence[Envelope]) -> list[str]:
    return [one.key for one in envelopes]


# --- from memory ----------------------------------------------------------------------------------


def test_what_was_just_committed_is_published_from_memory(
    still_post: Post, broker: Collector
) -> None:
    with still_post.working():
        # The sweep leaves them alone for the grace period, which is not over.
        sent = still_post.send(REQUEST, FACT)
        still_post.wait_until_empty()
    assert broker.keys == keys(sent)
    assert [(due.exchange, due.routing_key) for due in broker.taken] == [
        (REQUESTS, "probe.requested.v1"),
        (FACTS, "probe.answered.v1"),
    ]


def test_order_of_commit_is_order_of_publishing(post: Post, broker: Collector) -> None:
    with post.working():
        sent = [one for _ in range(20) for one in post.send(*[REQUEST] * 10)]
        post.wait_until_empty()
    assert broker.keys == keys(sent)


def test_what_is_undone_is_not_published(post: Post, broker: Collector) -> None:
    def send_and_fail() -> None:
        with post.database.transaction() as transaction:
            envelope = Stamp("/tests", post.clock, new_id).put_on(REQUEST)
            Ledger(post.outbox).append(
                transaction, [Entry(envelope, "accepted", "user:test", post.clock())]
            )
            transaction.flush()
            raise ZeroDivisionError

    with post.working():
        with pytest.raises(ZeroDivisionError):
            send_and_fail()
        sent = post.send(REQUEST)
        post.wait_until_empty()
    assert broker.keys == keys(sent)


# --- the sweep ------------------------------------------------------------------------------------


def test_what_a_dead_process_left_is_published_after_its_grace(
    still_post: Post, broker: Collector
) -> None:
    left = still_post.leave_behind(REQUEST, FACT)
    with still_post.working():
        (retry,) = still_post.leave_behind(REQUEST)
        still_post.schedule(retry.at_attempt(2), timedelta())
        until(lambda: broker.taken, seconds=PATIENCE_SECONDS, what="a sweep")
        assert broker.keys == [retry.key]
        still_post.clock.advance(GRACE)
        still_post.wait_until_empty()
    assert Counter(broker.keys) == Counter([*keys(left), retry.key, retry.key])


def test_what_was_left_is_published_in_the_order_of_the_ledger(
    still_post: Post, broker: Collector
) -> None:
    left = still_post.leave_behind(*[REQUEST] * 20)
    # Those of one commit have the same time, and tables no order of their own.
    rows = still_post.rows()
    with still_post.database.transaction() as transaction:
        transaction.execute(delete(outbox))
        transaction.insert(outbox, rows[::-1])
    still_post.clock.advance(GRACE)
    with still_post.working():
        still_post.wait_until_empty()
    assert broker.keys == keys(left)


def test_a_retry_is_published_to_its_queue_and_not_before_its_time(
    post: Post, broker: Collector
) -> None:
    with post.working():
        later, sooner = post.send(REQUEST, REQUEST)
        post.wait_until_empty()
        post.schedule(later.at_attempt(4), timedelta(hours=1))
        post.schedule(sooner.at_attempt(2), timedelta())
        until(lambda: len(post.rows()) == 1, seconds=PATIENCE_SECONDS, what="the first retry")
        assert len(broker.taken) == 3
        post.clock.advance(timedelta(hours=1))
        post.wait_until_empty()
    retries = [(due.exchange, due.routing_key, due.envelope) for due in broker.taken[2:]]
    assert retries == [("", NAME, sooner.at_attempt(2)), ("", NAME, later.at_attempt(4))]


def test_a_queue_is_to_get_an_event_once_more_however_often_it_is_scheduled(
    post: Post, broker: Collector
) -> None:
    with post.working():
        (event,) = post.send(REQUEST)
        post.wait_until_empty()
        post.schedule(event.at_attempt(2), timedelta(hours=2))
        post.schedule(event.at_attempt(2), timedelta(hours=1))
        post.clock.advance(timedelta(hours=1))
        post.wait_until_empty()
    assert [due.envelope.attempt for due in broker.taken] == [1, 2]


def test_more_than_a_window_is_swept_without_a_pause(post: Post, broker: Collector) -> None:
    left = post.leave_behind(*[REQUEST] * (2 * WINDOW + 1))
    post.clock.advance(GRACE)
    with post.working():
        post.wait_until_empty()
    assert sorted(broker.keys) == sorted(keys(left))
    assert broker.calls == 3


def test_two_relays_never_publish_the_same_row(database_url: str, post: Post) -> None:
    left = post.leave_behind(*[REQUEST] * (4 * WINDOW))
    post.clock.advance(GRACE)
    with closing(open_database(database_url)) as database:
        other = Post(database, Collector(), post.clock)
        with post.working(), other.working():
            post.wait_until_empty()
    both = [post.publisher, other.publisher]
    taken = [key for one in both if isinstance(one, Collector) for key in one.keys]
    assert sorted(taken) == sorted(keys(left))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_sweep_that_loses_the_database_loses_no_row(
    database_url: str, post: Post, broker: Collector
) -> None:
    left = post.leave_behind(REQUEST)
    post.clock.advance(GRACE)

    def lose_it_once() -> None:
        if broker.calls == 1:
            end_connections(database_url)

    broker.before_answer = lose_it_once
    with post.working():
        # Our own connections are ended, too: nothing may be asked before the second publishing.
        until(lambda: broker.calls == 2, seconds=PATIENCE_SECONDS, what="another sweep")
        post.wait_until_empty()
    assert broker.keys == keys(left) * 2


# --- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fate", [Fate.RETURNED, Fate.NACKED])
def test_a_destination_that_fails_holds_up_no_other(
    still_post: Post, broker: Collector, fate: Fate
) -> None:
    post = still_post
    broker.refused[REQUESTS] = fate
    with post.working():
        sent = post.send(REQUEST, FACT, REQUEST, FACT)
        until(lambda: len(post.rows()) == 2, seconds=PATIENCE_SECONDS, what="the facts to leave")
        assert broker.keys == [sent[1].key, sent[3].key]
        assert [row["tries"] for row in post.rows()] == [0, 0]
        post.clock.advance(GRACE)
        until(
            lambda: [row["tries"] for row in post.rows()] == [1, 1],
            seconds=PATIENCE_SECONDS,
            what="a sweep",
        )
        broker.refused.clear()
        post.clock.advance(timedelta(seconds=2))
        post.wait_until_empty()
    assert sorted(broker.keys) == sorted(keys(sent))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_patience_grows_with_the_tries_up_to_a_minute(still_post: Post, broker: Collector) -> None:
    post = still_post
    broker.refused[REQUESTS] = Fate.NACKED
    post.leave_behind(REQUEST)
    pauses = {}
    with post.working():
        for tries in (0, 2, 99):
            with post.database.transaction() as transaction:
                transaction.execute(outbox.update().values(tries=tries, not_before=post.clock()))
            until(
                lambda tries=tries: post.rows()[0]["tries"] == tries + 1,  # type: ignore[misc]
                seconds=PATIENCE_SECONDS,
                what=f"another try after {tries}",
            )
            pauses[tries] = (post.rows()[0]["not_before"] - post.clock()).total_seconds()
    assert pauses == {0: 1, 2: 4, 99: 60}


def test_a_broker_that_is_down_costs_no_row_and_no_try(
    post: Post, broker: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    broker.trouble = BrokerUnavailableError("RabbitMQ at here: refused")
    with post.working():
        sent = [one for _ in range(60) for one in post.send(REQUEST)]
        until(lambda: broker.calls >= 2, seconds=PATIENCE_SECONDS, what="two attempts")
        # It is not hammered with every commit; attempts are a second apart.
        assert broker.calls < 20
        assert {row["tries"] for row in post.rows()} == {0}
        assert len(post.rows()) == 60
        broker.trouble = None
        post.clock.advance(GRACE)
        post.wait_until_empty()
    assert sorted(set(broker.keys)) == sorted(keys(sent))
    assert "publishing waits: RabbitMQ at here: refused" in caplog.text


def test_a_bug_in_publishing_does_not_end_the_relay(
    post: Post, broker: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    broker.trouble = ZeroDivisionError("a bug")
    with post.working():
        sent = post.send(REQUEST)
        until(lambda: broker.calls, seconds=PATIENCE_SECONDS, what="an attempt")
        broker.trouble = None
        post.clock.advance(GRACE)
        post.wait_until_empty()
    assert broker.keys == keys(sent)
    assert "publishing failed" in caplog.text


# --- doorbells, and the end -----------------------------------------------------------------------


def test_doorbells_elsewhere_are_rung(post: Post, broker: Collector) -> None:
    with post.working():
        post.relay.ring("ingress@there", ["1", "2"])
        until(lambda: broker.rung, seconds=PATIENCE_SECONDS, what="the ring")
    assert broker.rung == [("ingress@there", ["1", "2"])]


def test_stopping_publishes_what_is_in_memory(post: Post, broker: Collector) -> None:
    sent = post.send(*[REQUEST] * (2 * WINDOW + 10))
    with post.working():
        pass
    assert broker.keys == keys(sent)
    assert post.rows() == []
    assert broker.closed


def test_stopping_without_a_broker_is_quick_and_loses_nothing(
    still_post: Post, broker: Collector
) -> None:
    post = still_post
    broker.trouble = BrokerUnavailableError("RabbitMQ at here: refused")
    sent = post.send(*[REQUEST] * (3 * WINDOW))
    with post.working():
        until(lambda: broker.calls, seconds=PATIENCE_SECONDS, what="an attempt")
    assert broker.calls <= 3
    assert len(post.rows()) == len(sent)
    assert broker.closed


def test_what_memory_does_not_hold_is_left_to_the_sweep(database: Database) -> None:
    held, may_go_on = Flag(), Flag()

    def hold() -> None:
        held.set()
        may_go_on.wait(PATIENCE_SECONDS)

    broker = Collector(before_answer=hold)
    post = Post(database, broker, StillClock())
    with post.working():
        post.send(REQUEST)
        assert held.wait(PATIENCE_SECONDS)
        (event,) = post.leave_behind(REQUEST)
        row = Due(new_id(), event, REQUESTS, "probe.requested.v1")
        post.relay.offer([row] * 30_000)  # more than is kept
        broker.before_answer = lambda: None
        may_go_on.set()
        until(lambda: len(broker.taken) > 20_000, seconds=PATIENCE_SECONDS, what="the memory")
    assert len(broker.taken) == 1 + 20_000


# --- with RabbitMQ --------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_rabbitmq_has_what_the_outbox_had(database: Database, amqp_url: str) -> None:
    consumer = prober(Script())
    assert apply(amqp_url, derive([consumer])) == []
    post = Post(database, AmqpPublisher(amqp_url, "relay@tests"))
    left = post.leave_behind(*[REQUEST] * 100)
    post.clock.advance(GRACE)
    with post.working():
        sent = post.send(*probes(900), FACT)
        post.schedule(sent[0].at_attempt(2), timedelta())
        post.wait_until_empty()
        until(
            lambda: queue_lengths(amqp_url, [NAME]) == {NAME: len(left) + 900 + 1},
            seconds=PATIENCE_SECONDS,
            what="the queue to fill",
        )
