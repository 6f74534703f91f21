"""The publisher against a real broker, over a cable that can be cut."""

from collections.abc import Iterator
from contextlib import closing
from time import monotonic
from uuid import uuid4

import pytest

from ops.topology import apply, derive
from producers.amqp import WINDOW, AmqpPublisher
from producers.ports import Fate
from schemas.envelope import LARGEST_DATA, Envelope, from_amqp
from schemas.routing import FACTS, REPLIES, REQUESTS, UNROUTED
from store.errors import BrokerUnavailableError
from store.outbox import Due
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

QUEUE = "work"
C, N, R = Fate.CONFIRMED, Fate.NACKED, Fate.RETURNED


@pytest.fixture
def url(amqp_url: str) -> str:
    """A vhost with Muniment's exchanges, and one queue."""
    apply(amqp_url, derive(()))
    foreign.declare(amqp_url, QUEUE)
    return amqp_url


@pytest.fixture
def publisher(url: str) -> Iterator[AmqpPublisher]:
    with closing(AmqpPublisher(url, "test")) as publisher:
        yield publisher


def due(queue: str = QUEUE, exchange: str = "", data: bytes = b"{}") -> Due:
    key = str(uuid4())
    envelope = Envelope(
        id=key, source="/tests", type="muniment.probe.requested.v1", correlationid=key, data=data
    )
    return Due(key, envelope, exchange, queue)


def ids_in(url: str, queue: str = QUEUE) -> list[str]:
    return [message.properties.message_id for message in foreign.empty(url, queue)]


# --- fates --------------------------------------------------------------------------------------


def test_a_batch_above_the_window_arrives_whole_and_in_order(
    url: str, publisher: AmqpPublisher
) -> None:
    batch = [due() for _ in range(2 * WINDOW + 7)]
    assert publisher.publish(batch) == [C] * len(batch)
    assert ids_in(url) == [one.envelope.id for one in batch]


def test_a_message_is_persistent_and_carries_the_whole_event(
    url: str, publisher: AmqpPublisher
) -> None:
    large = due(data=b'"%b"' % (b"x" * (LARGEST_DATA - 2)))
    small = due()
    assert publisher.publish([large, small]) == [C, C]
    for sent, message in zip((large, small), foreign.empty(url, QUEUE), strict=True):
        assert message.properties.delivery_mode == 2
        assert message.properties.type == sent.envelope.type
        assert from_amqp(vars(message.properties), message.body) == sent.envelope


def test_nothing_is_published_of_an_empty_batch(publisher: AmqpPublisher) -> None:
    assert publisher.publish([]) == []


def test_what_no_queue_is_there_for_is_returned(url: str, publisher: AmqpPublisher) -> None:
    there, nowhere = due(), due("nowhere")
    batch = [there, nowhere, due(), nowhere, there, due("gone")]
    assert publisher.publish(batch) == [C, R, C, R, C, R]
    assert ids_in(url) == [batch[position].envelope.id for position in (0, 2, 4)]


def test_a_thousand_returns_find_their_messages(publisher: AmqpPublisher) -> None:
    batch = [due("nowhere" if number % 2 else QUEUE) for number in range(2000)]
    assert publisher.publish(batch) == [C, R] * 1000


def test_a_full_queue_refuses_for_itself_alone(url: str, publisher: AmqpPublisher) -> None:
    foreign.declare(url, "small", x_max_length=1, x_overflow="reject-publish")
    fates: list[Fate] = []

    def refuses() -> bool:
        fates.extend(publisher.publish([due("small")]))
        return fates[-1] is N

    # A quorum queue learns with a delay that it is full.
    until(refuses, seconds=60, what="a full queue")
    batch = [due("small" if number % 2 else QUEUE) for number in range(40)]
    assert publisher.publish(batch) == [C, N] * 20
    assert len(foreign.empty(url, "small")) == fates.count(C)
    assert ids_in(url) == [one.envelope.id for one in batch[0::2]]


def test_a_fact_that_nobody_listens_to_is_fine(publisher: AmqpPublisher) -> None:
    assert publisher.publish([due("probe.answered.v1", FACTS)]) == [C]


def test_a_request_that_nobody_owns_is_kept(url: str, publisher: AmqpPublisher) -> None:
    lost = due("probe.requested.v1", REQUESTS)
    assert publisher.publish([lost]) == [C]
    (message,) = foreign.empty(url, UNROUTED)
    assert message.routing_key == "probe.requested.v1"
    assert message.properties.message_id == lost.envelope.id


# --- a broker that does not answer --------------------------------------------------------------


def test_a_missing_exchange_says_what_to_do(url: str, publisher: AmqpPublisher) -> None:
    with foreign.channel(url) as channel:
        channel.exchange_delete(FACTS)
    with pytest.raises(BrokerUnavailableError, match=r"muniment\.facts.*muniment topology apply"):
        publisher.publish([due("probe.answered.v1", FACTS)])
    mixed = [due("probe.answered.v1", FACTS), due(), due("nowhere")]
    assert publisher.publish(mixed) == [N, C, R], "what else there is goes on"
    apply(url, derive(()))
    with closing(AmqpPublisher(url, "test")) as fresh:
        assert fresh.publish(mixed) == [C, C, R]


def test_nobody_at_the_address_is_an_answer() -> None:
    with closing(AmqpPublisher("amqp://127.0.0.1:9/v", "test")) as publisher:
        with pytest.raises(BrokerUnavailableError, match=r"127\.0\.0\.1:9/v: .*refused"):
            publisher.publish([due()])
        with pytest.raises(BrokerUnavailableError):
            publisher.check()


def test_a_wrong_password_is_an_answer_that_does_not_repeat_it(url: str) -> None:
    wrong = url.replace("guest:guest@", "guest:hunter2@")
    with closing(AmqpPublisher(wrong, "test")) as publisher:
        with pytest.raises(BrokerUnavailableError, match="ACCESS_REFUSED") as refused:
            publisher.publish([due()])
        assert "hunter2" not in str(refused.value)


def test_a_missing_vhost_is_an_answer(url: str) -> None:
    publisher = AmqpPublisher(f"{url}-not", "test")
    with pytest.raises(BrokerUnavailableError, match="vhost"):
        publisher.publish([due()])


def test_the_next_host_is_tried(url: str) -> None:
    login, _, server = url.removeprefix("amqp://").partition("@")
    with closing(AmqpPublisher(f"amqp://{login}@127.0.0.1:9;{server}", "test")) as publisher:
        assert publisher.publish([due()]) == [C]


def test_a_connection_lost_while_idle_is_not_noticed(url: str) -> None:
    with Cable(url) as cable, closing(AmqpPublisher(cable.url, "test")) as publisher:
        for _ in range(3):
            assert publisher.publish([due()]) == [C]
            cable.cut()
    # A busy broker says 0 of a quorum queue that does not answer it within 250 ms.
    until(lambda: foreign.length(url, QUEUE) == 3, seconds=60, what="three messages")


def test_a_connection_lost_for_good_is_an_error_and_the_next_call_connects(url: str) -> None:
    with Cable(url) as cable, closing(AmqpPublisher(cable.url, "test")) as publisher:
        publisher.check()
        cable.unplug()
        with pytest.raises(BrokerUnavailableError):
            publisher.publish([due()])
        cable.plug()
        publisher.check()
        assert publisher.publish([due()]) == [C]


def test_silence_is_an_error_when_the_patience_is_over(url: str) -> None:
    with Cable(url) as cable:
        publisher = AmqpPublisher(cable.url, "test", confirm_seconds=0.5)
        # The patience is that of a test: a busy broker may outlast it.
        until(lambda: confirms(publisher), seconds=60, what="a confirm")
        cable.go_dead()
        before = monotonic()
        with pytest.raises(BrokerUnavailableError, match=r"confirms nothing for 0\.5 s"):
            publisher.publish([due()])
        assert 0.4 < monotonic() - before < 60


def confirms(publisher: AmqpPublisher) -> bool:
    try:
        return publisher.publish([due()]) == [C]
    except BrokerUnavailableError:
        return False


# --- doorbells ----------------------------------------------------------------------------------


def test_a_doorbell_is_a_transient_message_to_one_address(
    url: str, publisher: AmqpPublisher
) -> None:
    with foreign.channel(url) as channel:
        for queue in ("here", "there"):
            channel.queue_declare(queue)
            channel.queue_bind(queue, REPLIES, f"ingress@{queue}")
    publisher.ring("ingress@here", ["a", "b"])
    publisher.ring("ingress@nowhere", ["c"])
    publisher.check()
    assert publisher.publish([due()]) == [C]
    (bell,) = foreign.empty(url, "here")
    assert (bell.body, bell.properties.delivery_mode) == (b'["a","b"]', 1)
    assert foreign.length(url, "there") == 0


def test_publishing_goes_on_between_doorbells(url: str, publisher: AmqpPublisher) -> None:
    sent = []
    for _ in range(50):
        publisher.ring("ingress@here", ["a"])
        batch = [due(), due("nowhere")]
        assert publisher.publish(batch) == [C, R]
        sent.append(batch[0].envelope.id)
    assert ids_in(url) == sent
    until(lambda: foreign.length(url, QUEUE) == 0, seconds=60, what="an empty queue")
