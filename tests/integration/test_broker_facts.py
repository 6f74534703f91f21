"""What we rely on RabbitMQ for, one fact each, with the topology as it is applied."""

from collections.abc import Mapping

import pytest
from pika.exceptions import ChannelClosedByBroker

from consumers.contract import Consumer
from ops.topology import apply, derive
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import DEAD, FACTS, REQUESTS, UNROUTED
from tests import foreign_amqp as foreign
from tests.management import ask
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

LIMIT = 3
OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: ())
READER = Consumer("reader", ProbeAnswered, lambda _event, _work: ())


@pytest.fixture
def url(amqp_url: str) -> str:
    apply(amqp_url, derive((OWNER, READER), delivery_limit=LIMIT))
    return amqp_url


def fail_one(url: str, queue: str) -> bool:
    """Get a message, and die without a word; False when there is none."""
    with foreign.channel(url) as channel:
        method, _, _ = channel.basic_get(queue)
        return method is not None


def dead_letters(broker: PrivateRabbitMQ, path: str) -> list[int]:
    """Return how many messages a queue keeps for its dead letter exchange; [] if unknown yet."""
    queue = ask(broker.management_url, "GET", path)
    return [queue["messages_dlx"]] if "messages_dlx" in queue else []


def declared(url: str, queue: str, arguments: Mapping[str, object]) -> str:
    """Declare, and return the broker's objection or nothing."""
    with foreign.channel(url) as channel:
        try:
            channel.queue_declare(queue, durable=True, arguments=dict(arguments))
        except ChannelClosedByBroker as error:
            return str(error)
        return ""


# --- dead letters -------------------------------------------------------------------------------


def test_a_crash_loop_ends_among_the_dead_after_limit_and_one_deliveries(url: str) -> None:
    foreign.publish(url, REQUESTS, "probe.requested.v1", b"poison", message_id="m")
    for _ in range(LIMIT + 1):
        until(lambda: fail_one(url, "owner"), seconds=10, what="a redelivery")
    until(lambda: foreign.length(url, DEAD) == 1, seconds=10, what="the dead letter")
    assert foreign.length(url, "owner") == 0
    (dead,) = foreign.empty(url, DEAD)
    assert (dead.body, dead.properties.message_id) == (b"poison", "m")
    assert dead.properties.headers["x-first-death-reason"] == "delivery_limit"
    assert dead.properties.headers["x-first-death-queue"] == "owner"
    assert dead.routing_key == "owner", "it says whose it was, not what it was"


def test_handing_back_by_nack_ends_among_the_dead_as_well(url: str) -> None:
    """Why releasing is not free of charge on brokers before 4.3."""
    foreign.publish(url, "", "owner", b"returned")
    handed_back = 0
    with foreign.channel(url) as channel:
        for method, _, _ in channel.consume("owner", inactivity_timeout=2):
            if method is None or handed_back > LIMIT:
                break
            channel.basic_nack(method.delivery_tag, requeue=True)
            handed_back += 1
    # Whichever it is with the broker's version, the message is somewhere.
    until(
        lambda: foreign.length(url, "owner") + foreign.length(url, DEAD) == 1,
        seconds=10,
        what="the message",
    )


@pytest.mark.parametrize(("overflow", "kept"), [("reject-publish", 1), ("drop-head", 0)])
def test_dead_letters_wait_for_their_exchange_only_with_reject_publish(
    private_rabbitmq: PrivateRabbitMQ, overflow: str, kept: int
) -> None:
    """At-least-once is accepted with any overflow, and kept with one."""
    private_rabbitmq.start()
    with private_rabbitmq.fresh_vhost() as url:
        foreign.declare(
            url,
            "work",
            x_dead_letter_exchange="not-there-yet",
            x_dead_letter_strategy="at-least-once",
            x_overflow=overflow,
        )
        foreign.publish(url, "", "work", b"dead")
        with foreign.channel(url) as channel:
            method, _, _ = next(iter(channel.consume("work", inactivity_timeout=10)))
            assert method is not None
            channel.basic_reject(method.delivery_tag, requeue=False)
        path = f"queues/{url.rpartition('/')[2]}/work"
        # The API learns of it with its next round of statistics.
        counted = until(
            lambda: dead_letters(private_rabbitmq, path),
            seconds=30,
            what="statistics",
        )
    assert counted == [kept]


# --- unroutable ---------------------------------------------------------------------------------


def test_a_mandatory_request_that_nobody_owns_is_kept_and_not_returned(url: str) -> None:
    with foreign.channel(url) as channel:
        channel.confirm_delivery()
        channel.basic_publish(REQUESTS, "nobody.requested.v1", b"kept", mandatory=True)
    (message,) = foreign.empty(url, UNROUTED)
    assert (message.routing_key, message.body) == ("nobody.requested.v1", b"kept")


# --- a full queue -------------------------------------------------------------------------------


def test_a_fact_that_one_reader_refuses_reaches_the_others(url: str) -> None:
    foreign.declare(url, "small", x_max_length=1, x_overflow="reject-publish")
    with foreign.channel(url) as channel:
        channel.queue_bind("small", FACTS, "probe.answered.v1")

    published = 0

    def refused() -> bool:
        nonlocal published
        published += 1
        try:
            foreign.publish(url, FACTS, "probe.answered.v1")
        except foreign.NackError:
            return True
        return False

    until(refused, seconds=10, what="a full queue")
    assert len(foreign.empty(url, "reader")) == published


# --- declarations -------------------------------------------------------------------------------


def test_a_passive_declaration_of_what_is_missing_is_404(url: str) -> None:
    with foreign.channel(url) as channel, pytest.raises(ChannelClosedByBroker) as refused:
        channel.queue_declare("nowhere", passive=True)
    assert refused.value.reply_code == 404


def test_a_declaration_with_other_arguments_is_406_and_changes_nothing(url: str) -> None:
    arguments = dict(
        next(one.arguments for one in derive((OWNER,)).queues if one.name == OWNER.name)
    )
    assert "406" in declared(url, OWNER.name, arguments), "the limit differs"
    arguments["x-delivery-limit"] = LIMIT
    assert declared(url, OWNER.name, arguments) == ""


def test_a_declaration_that_succeeds_proves_nothing(url: str) -> None:
    """Why arguments are chosen by what is documented, and never by trying."""
    nonsense = {"x-queue-type": "quorum", "x-there-is-no-such-argument": 1}
    assert declared(url, "nonsense", nonsense) == ""
    downgraded = {
        "x-queue-type": "quorum",
        "x-dead-letter-exchange": DEAD,
        "x-dead-letter-strategy": "at-least-once",
    }
    assert declared(url, "downgraded", downgraded) == "", "no reject-publish, and no objection"
