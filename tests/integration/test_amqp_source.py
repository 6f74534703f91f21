"""The pika source: what it does when the broker, the queue or the network fails it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from consumers.runtime.source import Delivery
from schemas.envelope import Envelope, to_amqp
from schemas.probes import ProbeRequested
from store.database import Transaction
from store.errors import BrokerUnavailableError
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

WINDOW = 10
CONSUMER = Consumer("work", ProbeRequested, lambda _event, _work: (), prefetch=WINDOW)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be scheduled here")


@contextmanager
def opened(url: str, consumer: Consumer[Any] = CONSUMER) -> Iterator[AmqpSource]:
    source = AmqpSource(url, consumer, never, "here.1")
    try:
        yield source
    finally:
        source.close()


@pytest.fixture
def url(amqp_url: str) -> str:
    """A vhost with the consumer's queue."""
    foreign.declare(amqp_url, CONSUMER.name)
    return amqp_url


def send(url: str, count: int = 1) -> list[str]:
    """Put events into the queue and return their keys."""
    found = [str(uuid4()) for _ in range(count)]
    for key in found:
        envelope = Envelope(id=key, source="/tests", type=ProbeRequested.TYPE)
        properties, body = to_amqp(envelope)
        foreign.publish(url, "", CONSUMER.name, body, **properties)
    return found


def take(source: AmqpSource, count: int = 1) -> list[Delivery]:
    """Take exactly `count`, through losses."""
    taken: list[Delivery] = []

    def enough() -> bool:
        try:
            taken.extend(source.take(count - len(taken), 0.5))
        except BrokerUnavailableError:
            return False
        return len(taken) == count

    until(enough, seconds=60, what=f"{count} deliveries")
    return taken


def keys(deliveries: list[Delivery]) -> list[str]:
    return [one.event.key for one in deliveries if isinstance(one.event, Envelope)]


def trouble(source: AmqpSource) -> str:
    """Wait until the source says what is wrong, and return that."""

    def told() -> str | None:
        try:
            source.take(1, 0.05)
        except BrokerUnavailableError as error:
            return str(error)
        return None

    return until(told, seconds=60, what="trouble")


def trouble_like(source: AmqpSource, words: str) -> None:
    until(lambda: words in trouble(source), seconds=60, what=f"trouble like {words!r}")


# --- not connected ------------------------------------------------------------------------------


def test_nothing_is_connected_before_the_first_take(url: str) -> None:
    with opened(url) as source:
        assert not source.connected
        take_none(source)
        assert source.connected


def take_none(source: AmqpSource) -> None:
    """Take from an empty queue, once connected."""
    until(lambda: connects(source), seconds=60, what="a connection")


def connects(source: AmqpSource) -> bool:
    try:
        assert source.take(1, 0.2) == []
    except BrokerUnavailableError:
        return False
    return True


def test_nobody_at_the_address_is_an_answer_after_the_wait() -> None:
    with opened("amqp://127.0.0.1:9/v") as source:
        before = monotonic()
        with pytest.raises(BrokerUnavailableError):
            source.take(1, 0.3)
        assert monotonic() - before >= 0.3
        trouble_like(source, "127.0.0.1:9/v")
        trouble_like(source, "refused")


def test_a_wrong_password_is_an_answer_that_does_not_repeat_it(url: str) -> None:
    with opened(url.replace("guest:guest@", "guest:hunter2@")) as source:
        trouble_like(source, "ACCESS_REFUSED")
        assert "hunter2" not in trouble(source)


def test_the_next_host_is_tried(url: str) -> None:
    (sent,) = send(url)
    login, _, server = url.removeprefix("amqp://").partition("@")
    with opened(f"amqp://{login}@127.0.0.1:9;{server}") as source:
        assert keys(take(source)) == [sent]


# --- the queue ----------------------------------------------------------------------------------


def test_a_missing_queue_says_what_to_do_and_is_waited_for(amqp_url: str) -> None:
    with opened(amqp_url) as source:
        trouble_like(source, "run `muniment topology apply`")
        foreign.declare(amqp_url, CONSUMER.name)
        (sent,) = send(amqp_url)
        assert keys(take(source)) == [sent]


def test_a_queue_that_is_made_anew_is_consumed_again(url: str) -> None:
    with opened(url) as source:
        send(url)
        take(source)
        with foreign.channel(url) as channel:
            channel.queue_delete(CONSUMER.name)
        trouble_like(source, "run `muniment topology apply`")
        foreign.declare(url, CONSUMER.name)
        (sent,) = send(url)
        assert keys(take(source)) == [sent]


def test_the_broker_knows_who_consumes(url: str) -> None:
    with opened(url) as source:
        take_none(source)
        until(lambda: counted(url)[1] == 1, seconds=60, what="a consumer")


def counted(url: str) -> tuple[int, int]:
    """Return how many messages are ready, and how many consume.

    A busy broker says 0 of both when the queue does not answer it within 250 ms: beside a consumer
    that is there, none that are ready are true.
    """
    with foreign.channel(url) as channel:
        found = channel.queue_declare(CONSUMER.name, passive=True).method
        return found.message_count, found.consumer_count


# --- losses -------------------------------------------------------------------------------------


def test_a_source_comes_back_after_a_loss_and_the_unfinished_with_it(url: str) -> None:
    sent = send(url, WINDOW + 1)
    with Cable(url) as cable, opened(cable.url) as source:
        first = take(source, 3)
        source.acknowledge(first[:1])
        until_there_is_room(url)
        lose(cable, source)
        again = take(source, WINDOW)
        assert sorted(keys(again)) == sorted(sent[1:])
        # What was still on its way to us may be new to the broker, too.
        assert set(keys(first[1:])) <= set(keys([one for one in again if one.seen]))
        assert again[0].connection != first[0].connection


def lose(cable: Cable, source: AmqpSource) -> None:
    """Break the connection, and let the source notice before it may connect anew."""
    cable.unplug()
    until(lambda: not source.connected, seconds=60, what="the loss")
    cable.plug()


def until_there_is_room(url: str) -> None:
    """Wait until the broker has heard an acknowledgement, and sent one more for it."""
    until(lambda: counted(url) == (0, 1), seconds=60, what="an acknowledgement")


def test_finishing_what_came_over_a_lost_connection_does_nothing(url: str) -> None:
    sent = send(url, 2)
    with Cable(url) as cable, opened(cable.url) as source:
        stale = take(source, 2)
        lose(cable, source)
        fresh = take(source, 2)
        # The same tags as before, on another channel: they must not be acknowledged by this.
        assert {one.tag for one in stale} == {one.tag for one in fresh}
        source.acknowledge(stale)
        source.release(stale)
        (third,) = send(url)
        assert keys(take(source)) == [third]
        lose(cable, source)
        assert sorted(keys(take(source, 3))) == sorted([*sent, third])


def test_what_was_prefetched_and_is_lost_is_not_handed_out_twice(url: str) -> None:
    sent = send(url, WINDOW + 1)
    with Cable(url) as cable, opened(cable.url) as source:
        (first,) = take(source)
        source.acknowledge([first])
        until_there_is_room(url)
        lose(cable, source)
        rest = take(source, WINDOW)
        source.acknowledge(rest)
        assert keys([first, *rest]) == sent
        (last,) = send(url)
        assert keys(take(source)) == [last]


def test_a_source_takes_what_came_while_it_was_away(url: str) -> None:
    with Cable(url) as cable, opened(cable.url) as source:
        take_none(source)
        cable.unplug()
        sent = send(url, 2)
        cable.plug()
        assert keys(take(source, 2)) == sent


# --- handing back -------------------------------------------------------------------------------


def test_the_window_bounds_what_one_process_holds(url: str) -> None:
    send(url, WINDOW + 5)
    with opened(url) as source:
        held = take(source, WINDOW)
        assert source.take(1, 0.5) == []
        until(lambda: counted(url) == (5, 1), seconds=60, what="the rest in the queue")
        source.acknowledge(held[3:7])
        assert len(take(source, 4)) == 4


def test_short_jobs_of_a_long_consumer_lose_no_connection(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    long = replace(CONSUMER, long=True, prefetch=0)
    sent = send(url, 30)
    with opened(url, long) as source:
        taken: list[str] = []
        for _ in sent:
            # One at a time is wanted: the next wish comes before the end of the one before.
            delivery = take(source)
            source.acknowledge(delivery)
            taken += keys(delivery)
    assert taken == sent
    assert "no deliveries" not in caplog.text


def test_acknowledgements_are_sent_before_the_goodbye(url: str) -> None:
    send(url, 10)
    for _ in range(10):
        with opened(url) as source:
            source.acknowledge(take(source))
    assert foreign.empty(url, CONSUMER.name) == []


def test_draining_hands_back_what_was_prefetched_and_keeps_what_was_taken(url: str) -> None:
    sent = send(url, 5)
    with opened(url) as source:
        held = take(source)
        until(lambda: counted(url) == (0, 1), seconds=60, what="the prefetch")
        source.drain()
        until(lambda: foreign.length(url, CONSUMER.name) == 4, seconds=60, what="the rest")
        assert source.take(5, 5) == []
        source.acknowledge(held)
    assert [one.properties.message_id for one in foreign.empty(url, CONSUMER.name)] == sent[1:]


def test_draining_during_a_loss_leaves_the_queue_alone(url: str) -> None:
    sent = send(url, 3)
    with Cable(url) as cable, opened(cable.url) as source:
        take(source)
        cable.unplug()
        until(lambda: not source.connected, seconds=60, what="the loss")
        source.drain()
        cable.plug()
        assert source.take(3, 5) == []
    # The broker hears of the loss when it does.
    until(lambda: counted(url) == (3, 0), seconds=60, what="the return of all three")
    assert [one.properties.message_id for one in foreign.empty(url, CONSUMER.name)] == sent


@pytest.mark.parametrize("end", [AmqpSource.drain, AmqpSource.close])
def test_a_source_that_never_began_can_end(end: Callable[[AmqpSource], None]) -> None:
    source = AmqpSource("amqp://127.0.0.1:9", CONSUMER, never, "here.1")
    end(source)
    source.close()


def test_a_source_that_cannot_connect_can_end() -> None:
    source = AmqpSource("amqp://127.0.0.1:9", CONSUMER, never, "here.1")
    trouble(source)
    source.drain()
    source.close()


# --- later --------------------------------------------------------------------------------------


def test_a_retry_is_scheduled_for_this_queue_alone(url: str) -> None:
    asked: list[tuple[object, str, Envelope, datetime]] = []
    send(url)
    source = AmqpSource(url, CONSUMER, lambda *given: asked.append(given), "here.1")
    (delivery,) = take(source)
    transaction = Transaction(never)  # type: ignore[arg-type] # it must not be begun
    source.retry(transaction, delivery, 3, datetime(2030, 1, 1, tzinfo=UTC))
    source.close()
    ((where, queue, envelope, when),) = asked
    assert isinstance(delivery.event, Envelope)
    assert (where, queue, when) == (transaction, "work", datetime(2030, 1, 1, tzinfo=UTC))
    assert envelope == delivery.event.at_attempt(3)
