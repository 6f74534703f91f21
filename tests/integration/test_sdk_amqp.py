"""The SDK over AMQP, against a real broker and over a cable that can be cut."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

import pytest

import muniment
from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.topology import apply, derive
from ops.wiring import system
from schemas.envelope import Envelope
from schemas.routing import FACTS, REQUESTS
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

QUEUE = "pipeline"


@pytest.fixture
def url(amqp_url: str) -> str:
    """A vhost with everything Muniment has there."""
    assert apply(amqp_url, derive(CONSUMERS)) == []
    return amqp_url


@pytest.fixture
def client(url: str) -> Iterator[muniment.AmqpClient]:
    with muniment.AmqpClient(url, source="/tests") as client:
        yield client


def facts(*names: str) -> list[muniment.ProbeAnswered]:
    return [muniment.ProbeAnswered(probe=name, position=1) for name in names]


def names(subscription: muniment.QueueSubscription, count: int) -> list[str | None]:
    return [received.envelope.subject for received in islice(subscription, count)]


# --- posting ------------------------------------------------------------------------------------


def test_a_pipeline_that_knows_only_amqp_posts_and_is_answered(url: str, tmp_path: Path) -> None:
    settings = Settings(
        bus_url=url, database_url="", objects_url="", data_dir=tmp_path, http_port=0, instance="t"
    )
    with ExitStack() as stack:
        stack.enter_context(system(settings, ingress=True, consumers=["answer-probe"]))
        client = stack.enter_context(muniment.AmqpClient(url))
        answers = stack.enter_context(client.subscribe("probe.answered.v1", QUEUE))
        key = client.post(muniment.ProbeRequested(probe="over AMQP"))
        received = next(answers)
    assert received.envelope.causationid == key
    assert isinstance(received.event, muniment.ProbeAnswered)
    assert received.event.probe == "over AMQP"


def test_many_events_are_published_in_order_with_their_envelopes(
    url: str, client: muniment.AmqpClient
) -> None:
    cause = Envelope(id="c", source="/s", type="muniment.probe.answered.v1")
    probes = [muniment.ProbeRequested(probe=str(number)) for number in range(1200)]
    keys = client.post(probes, cause=cause)
    messages = foreign.empty(url, "answer-probe")
    assert [message.properties.message_id for message in messages] == keys
    headers = messages[0].properties.headers
    assert headers["cloudEvents:causationid"] == cause.key
    assert headers["cloudEvents:source"] == "/tests"


def test_what_is_not_valid_is_not_sent(url: str, client: muniment.AmqpClient) -> None:
    bad = Envelope(id="1", source="/t", type=muniment.ProbeRequested.TYPE, data=b"{}")
    unknown = Envelope(id="1", source="/t", type="muniment.no.such.v1")
    with pytest.raises(muniment.InvalidDataError):
        client.post(bad)
    with pytest.raises(muniment.UnknownTypeError):
        client.post(unknown)
    assert foreign.length(url, "answer-probe") == 0


def test_an_event_that_no_queue_takes_is_said_to_be(amqp_url: str) -> None:
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare(REQUESTS, "topic", durable=True)
    with muniment.AmqpClient(amqp_url) as client, pytest.raises(muniment.UnroutableError) as caught:
        client.post(muniment.ProbeRequested(probe="x"))
    assert caught.value.envelope.subject == "x"


def test_a_full_queue_is_unavailable_and_not_success(amqp_url: str) -> None:
    foreign.declare(amqp_url, QUEUE, x_max_length=1, x_overflow="reject-publish")
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare(REQUESTS, "topic", durable=True)
        channel.queue_bind(QUEUE, REQUESTS, "#")
    with muniment.AmqpClient(amqp_url, patience_seconds=1) as client:
        client.post([muniment.ProbeRequested(probe=str(number)) for number in range(2)])
        with pytest.raises(muniment.BrokerUnavailableError, match="full"):
            client.post([muniment.ProbeRequested(probe=str(number)) for number in range(20)])


def test_nobody_there_is_unavailable_after_some_patience() -> None:
    url = "amqp://guest:guest@127.0.0.1:1/x"
    with muniment.AmqpClient(url, patience_seconds=0.5) as client:
        with pytest.raises(muniment.BrokerUnavailableError, match=r"127\.0\.0\.1:1"):
            client.post(muniment.ProbeRequested(probe="x"))
        with pytest.raises(muniment.BrokerUnavailableError, match=r"127\.0\.0\.1:1"):
            client.subscribe()


# --- subscribing --------------------------------------------------------------------------------


def test_a_queue_keeps_events_while_nobody_subscribes(client: muniment.AmqpClient) -> None:
    client.subscribe("probe.answered.v1", QUEUE).close()
    client.post(facts("a", "b"))
    with client.subscribe("probe.answered.v1", QUEUE) as subscription:
        assert names(subscription, 2) == ["a", "b"]


def test_an_event_is_done_with_when_the_next_is_asked_for(client: muniment.AmqpClient) -> None:
    with client.subscribe(queue=QUEUE) as first:
        client.post(facts("a", "b", "c"))
        assert names(first, 2) == ["a", "b"]
    with client.subscribe(queue=QUEUE) as second:
        received = next(second)
        assert (received.envelope.subject, received.redelivered) == ("b", True)
        second.acknowledge()
    with client.subscribe(queue=QUEUE) as third:
        assert next(third).envelope.subject == "c"


def test_only_what_fits_the_pattern_comes(client: muniment.AmqpClient) -> None:
    rejected = muniment.FileRejected(name="n", source="s", field="size", reason="r")
    with client.subscribe("*.rejected.v1") as subscription:
        client.post([*facts("a"), rejected])
        assert names(subscription, 1) == ["n"]


def test_a_broken_connection_is_made_again_and_nothing_is_lost(
    url: str, client: muniment.AmqpClient
) -> None:
    with (
        Cable(url) as cable,
        muniment.AmqpClient(cable.url) as distant,
        distant.subscribe(queue=QUEUE) as subscription,
    ):
        client.post(facts("a", "b"))
        seen = names(subscription, 1)
        cable.cut()
        client.post(facts("c"))
        while "c" not in seen:
            seen += names(subscription, 1)
    # At least once: what was not acknowledged has come again.
    assert list(dict.fromkeys(seen)) == ["a", "b", "c"]


def test_a_temporary_subscription_goes_on_with_what_comes_later(
    url: str, client: muniment.AmqpClient
) -> None:
    received: list[str | None] = []

    def post_until_received() -> bool:
        client.post(facts("later"))
        return bool(received)

    with (
        Cable(url) as cable,
        muniment.AmqpClient(cable.url) as distant,
        distant.subscribe() as subscription,
    ):
        cable.cut()
        thread = Thread(target=lambda: received.extend(names(subscription, 1)))
        thread.start()
        until(post_until_received, seconds=60, what="an event over the new connection")
        thread.join()
    assert received == ["later"]


def test_what_is_no_event_is_skipped(url: str, client: muniment.AmqpClient) -> None:
    with client.subscribe(queue=QUEUE) as subscription:
        foreign.publish(url, FACTS, "any.thing.v1", b"not an event")
        client.post(facts("good"))
        assert names(subscription, 1) == ["good"]
        subscription.acknowledge()
    assert foreign.length(url, QUEUE) == 0


def test_closing_ends_who_waits_for_the_next_event(client: muniment.AmqpClient) -> None:
    subscription = client.subscribe()
    ended: list[list[muniment.Received]] = []
    thread = Thread(target=lambda: ended.append(list(subscription)))
    thread.start()
    subscription.close()
    thread.join(60)
    assert ended == [[]]


def test_without_topology_there_is_advice(amqp_url: str) -> None:
    with (
        muniment.AmqpClient(amqp_url) as client,
        pytest.raises(muniment.SetupError, match="topology apply"),
    ):
        client.subscribe()


def test_a_queue_of_another_kind_is_not_taken(url: str, client: muniment.AmqpClient) -> None:
    with foreign.channel(url) as channel:
        channel.queue_declare("classic", durable=True)
    with pytest.raises(muniment.SetupError, match="another kind"):
        client.subscribe(queue="classic")


def test_a_wrong_password_is_said_to_be(url: str) -> None:
    parts = urlsplit(url)
    wrong = urlunsplit(parts._replace(netloc=f"guest:wrong@{parts.netloc.rpartition('@')[2]}"))
    with (
        muniment.AmqpClient(wrong) as client,
        pytest.raises(muniment.SetupError, match="user") as caught,
    ):
        client.subscribe()
    assert "wrong" not in str(caught.value)
