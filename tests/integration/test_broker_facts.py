"""What we rely on RabbitMQ for, one fact each, with the topology as it is applied."""

from collections.abc import Mapping

import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, ConnectionClosedByBroker, UnroutableError

from consumers.contract import Consumer
from ops.topology import apply, derive
from ops.topology.comparing import downgraded
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import DEAD, FACTS, REQUESTS, UNROUTED
from tests import foreign_amqp as foreign
from tests.management import ask
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

LIMIT = 3
NOT_IMPLEMENTED = 540
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
        until(lambda: fail_one(url, "owner"), seconds=60, what="a redelivery")
    until(lambda: foreign.length(url, DEAD) == 1, seconds=60, what="the dead letter")
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
        seconds=60,
        what="the message",
    )


@pytest.mark.parametrize(
    ("overflow", "policy", "kept"),
    [
        ("reject-publish", {}, 1),
        ("drop-head", {}, 0),
        # Of this a policy's word counts for more than the queue's own.
        ("reject-publish", {"overflow": "drop-head"}, 0),
        ("drop-head", {"overflow": "reject-publish"}, 1),
    ],
)
def test_dead_letters_wait_for_their_exchange_only_with_reject_publish(
    private_rabbitmq: PrivateRabbitMQ, overflow: str, policy: Mapping[str, str], kept: int
) -> None:
    """At-least-once is accepted with any overflow, and kept with one; `downgraded` knows when."""
    arguments = {
        "x-dead-letter-exchange": "not-there-yet",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": overflow,
    }
    assert bool(downgraded(arguments, policy)) == (not kept)
    with private_rabbitmq.fresh_vhost() as url:
        vhost = url.rpartition("/")[2]
        if policy:
            settings = {"pattern": ".*", "definition": policy, "apply-to": "queues"}
            ask(private_rabbitmq.management_url, "PUT", f"policies/{vhost}/p", settings)
        with foreign.channel(url) as channel:
            channel.queue_declare(
                "work", durable=True, arguments={"x-queue-type": "quorum", **arguments}
            )
        foreign.publish(url, "", "work", b"dead")
        with foreign.channel(url) as channel:
            method, _, _ = next(iter(channel.consume("work", inactivity_timeout=60)))
            assert method is not None
            channel.basic_reject(method.delivery_tag, requeue=False)
        # The API learns of it with its next round of statistics; one may have been before.
        until(
            lambda: dead_letters(private_rabbitmq, f"queues/{vhost}/work") == [kept],
            seconds=60,
            what=f"statistics that tell of {kept}",
        )


def test_whoever_is_killed_takes_its_prefetched_neighbours_along(url: str) -> None:
    """A crash is a failed delivery of all that was unfinished, at work or not."""
    for body in (b"poison", b"neighbour", b"another"):
        foreign.publish(url, "", "owner", body)
    for _ in range(LIMIT + 1):
        die_with_all_three(url)
    until(lambda: foreign.length(url, DEAD) == 3, seconds=60, what="three dead letters")


def die_with_all_three(url: str) -> None:
    """Wait for them all: whatever was delivered by then has been counted."""
    with foreign.channel(url) as channel:
        channel.basic_qos(prefetch_count=10)
        told: list[str] = []
        channel.basic_consume("owner", lambda *_: told.append("taken"))
        until(lambda: heard(channel, told, "taken", 3), seconds=60, what="all three")


@pytest.mark.parametrize(("history", "arrives"), [("kept", 0), ("stripped", 1)])
def test_a_dead_letter_that_is_sent_again_with_its_history_vanishes(
    amqp_url: str, history: str, arrives: int
) -> None:
    """Where it expires on a round trip: the broker takes it for a circle, and tells nobody."""
    foreign.declare(
        amqp_url,
        "rung",
        x_message_ttl=1,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="home",
    )
    foreign.declare(
        amqp_url,
        "home",
        x_message_ttl=1,
        x_dead_letter_exchange="",
        x_dead_letter_routing_key="kept",
    )
    foreign.declare(amqp_url, "kept")
    foreign.publish(amqp_url, "", "rung", b"m")
    until(lambda: foreign.length(amqp_url, "kept") == 1, seconds=60, what="the round trip")
    (dead,) = foreign.empty(amqp_url, "kept")
    headers = dead.properties.headers if history == "kept" else {}
    foreign.publish(amqp_url, "", "rung", b"m", headers=headers)
    foreign.declare(amqp_url, "witness")
    foreign.publish(amqp_url, "", "rung", b"witness")
    expected = 1 + arrives
    until(lambda: foreign.length(amqp_url, "kept") == expected, seconds=60, what="what arrives")
    bodies = [one.body for one in foreign.empty(amqp_url, "kept")]
    assert bodies.count(b"m") == arrives


# --- unroutable ---------------------------------------------------------------------------------


def test_a_mandatory_request_that_nobody_owns_is_kept_and_not_returned(url: str) -> None:
    with foreign.channel(url) as channel:
        channel.confirm_delivery()
        channel.basic_publish(REQUESTS, "nobody.requested.v1", b"kept", mandatory=True)
    (message,) = foreign.empty(url, UNROUTED)
    assert (message.routing_key, message.body) == ("nobody.requested.v1", b"kept")


def test_a_mandatory_message_to_a_queue_that_is_not_there_comes_back(url: str) -> None:
    """What a retry meets while its queue is made anew."""
    with foreign.channel(url) as channel:
        channel.confirm_delivery()
        channel.queue_delete("owner")
        channel.basic_publish("", "owner", b"vanishes, and is confirmed")
        with pytest.raises(UnroutableError):
            channel.basic_publish("", "owner", b"back", mandatory=True)


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

    until(refused, seconds=60, what="a full queue")
    assert len(foreign.empty(url, "reader")) == published


# --- deleting a queue ---------------------------------------------------------------------------


@pytest.mark.parametrize("condition", ["if_empty", "if_unused"])
def test_a_quorum_queue_cannot_be_deleted_on_a_condition(url: str, condition: str) -> None:
    with foreign.channel(url) as channel, pytest.raises(ConnectionClosedByBroker) as refused:
        channel.queue_delete("owner", **{condition: True})
    assert refused.value.reply_code == NOT_IMPLEMENTED


def test_deleting_a_queue_takes_what_its_consumers_hold_and_does_not_count_it(url: str) -> None:
    foreign.publish(url, "", "owner", b"held")
    with foreign.channel(url) as holding, foreign.channel(url) as channel:
        told: list[str] = []
        holding.add_on_cancel_callback(lambda _: told.append("cancelled"))
        holding.basic_consume("owner", lambda *_: told.append("delivered"))
        until(lambda: heard(holding, told, "delivered"), seconds=60, what="the message")
        assert channel.queue_delete("owner").method.message_count == 0
        until(lambda: heard(holding, told, "cancelled"), seconds=60, what="the end")
    apply(url, derive((OWNER,), delivery_limit=LIMIT))
    assert foreign.empty(url, "owner") == []


def test_a_consumer_with_priority_leaves_nothing_to_others(url: str) -> None:
    with foreign.channel(url) as first, foreign.channel(url) as second:
        told: list[str] = []
        second.basic_consume("owner", lambda *_: told.append("second"))
        first.basic_consume("owner", lambda *_: told.append("first"), arguments={"x-priority": 1})
        for _ in range(50):
            foreign.publish(url, "", "owner")
        until(lambda: heard(first, told, "first", 50), seconds=60, what="all of them")
        second.connection.process_data_events(0.1)
    assert "second" not in told


def heard(channel: BlockingChannel, told: list[str], word: str, times: int = 1) -> bool:
    """Let the channel's callbacks run, and see whether they have told so."""
    channel.connection.process_data_events(0.05)
    return told.count(word) >= times


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


@pytest.mark.parametrize("argument", [{"x-max-priority": 5}, {"x-queue-mode": "lazy"}])
def test_some_arguments_are_refused_of_quorum_queues(
    url: str, argument: Mapping[str, object]
) -> None:
    assert "406" in declared(url, "refused", {"x-queue-type": "quorum", **argument})
