"""Comparing the topology with a real broker, and declaring it there."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from consumers.contract import Consumer
from ops.topology import Binding, advice, apply, derive, downgrades, plan, queue_lengths
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import DEAD, FACTS, REQUESTS, UNROUTED
from store.errors import BrokerUnavailableError, SetupError
from tests import foreign_amqp as foreign
from tests.management import ask
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

TOPOLOGY = derive(
    (
        Consumer("owner", ProbeRequested, lambda _event, _work: ()),
        Consumer("reader", ProbeAnswered, lambda _event, _work: ()),
    ),
    archived_fits="archived_fits",
)
NAMES = [one.name for one in TOPOLOGY.exchanges] + [one.name for one in TOPOLOGY.queues]


@pytest.fixture
def managed_url(private_rabbitmq: PrivateRabbitMQ) -> Iterator[str]:
    """A vhost on a broker whose management API answers."""
    private_rabbitmq.start()
    with private_rabbitmq.fresh_vhost() as url:
        yield url


@pytest.fixture
def management(private_rabbitmq: PrivateRabbitMQ) -> str:
    return private_rabbitmq.management_url


# --- over AMQP alone ----------------------------------------------------------------------------


def test_of_an_empty_broker_everything_is_missing(amqp_url: str) -> None:
    found = plan(amqp_url, TOPOLOGY)
    assert [one.name for one in found if one.state == "missing"] == NAMES
    assert plan(amqp_url, TOPOLOGY) == found, "looking must not change anything"


def test_what_is_applied_is_there(amqp_url: str) -> None:
    assert apply(amqp_url, TOPOLOGY) == []
    (unread,) = plan(amqp_url, TOPOLOGY)
    assert (unread.kind, unread.state) == ("binding", "unknown")
    assert "no management URL" in unread.detail


def test_applying_again_changes_nothing(amqp_url: str) -> None:
    apply(amqp_url, TOPOLOGY)
    foreign.publish(amqp_url, REQUESTS, "probe.requested.v1", b"kept")
    assert apply(amqp_url, TOPOLOGY) == []
    assert [one.body for one in foreign.empty(amqp_url, "owner")] == [b"kept"]


def test_bindings_work(amqp_url: str) -> None:
    apply(amqp_url, TOPOLOGY)
    foreign.publish(amqp_url, REQUESTS, "probe.requested.v1", b"request")
    foreign.publish(amqp_url, FACTS, "probe.answered.v1", b"fact")
    foreign.publish(amqp_url, DEAD, "owner", b"dead")
    foreign.publish(amqp_url, REQUESTS, "nobody.requested.v1", b"unrouted")
    queues = ("owner", "reader", DEAD, UNROUTED)
    assert [[one.body for one in foreign.empty(amqp_url, queue)] for queue in queues] == [
        [b"request"],
        [b"fact"],
        [b"dead"],
        [b"unrouted"],
    ]


def test_what_exists_differently_is_named_in_the_brokers_words_and_left(amqp_url: str) -> None:
    foreign.declare(amqp_url, "owner", x_delivery_limit=3)
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare(FACTS, "direct", durable=True)
    foreign.publish(amqp_url, "", "owner", b"kept")
    for found in (plan(amqp_url, TOPOLOGY), apply(amqp_url, TOPOLOGY)):
        facts, owner = (one for one in found if one.state == "different")
        assert (facts.kind, facts.name) == ("exchange", FACTS)
        assert "inequivalent arg 'type'" in facts.detail
        assert (owner.kind, owner.name) == ("queue", "owner")
        assert "inequivalent arg 'x-dead-letter-exchange' for queue 'owner'" in owner.detail
        assert (owner.argument, owner.wanted) == ("x-dead-letter-exchange", DEAD)
        assert owner.found is None
        assert advice(owner) == "muniment topology migrate owner"
    # The rest has been applied all the same.
    assert [one.name for one in plan(amqp_url, TOPOLOGY) if one.state == "missing"] == []
    assert [one.body for one in foreign.empty(amqp_url, "owner")] == [b"kept"]


def test_lengths_are_those_of_the_queues_that_exist(amqp_url: str) -> None:
    apply(amqp_url, TOPOLOGY)
    foreign.publish(amqp_url, "", "owner")
    until(
        lambda: (
            queue_lengths(amqp_url, ["owner", "nowhere", "reader"]) == {"owner": 1, "reader": 0}
        ),
        seconds=60,
        what="the lengths",
    )


@pytest.mark.parametrize("use", [plan, apply])
def test_no_broker_is_an_answer(use: Any) -> None:  # noqa: ANN401 - either function
    with pytest.raises(BrokerUnavailableError, match=r"127\.0\.0\.1:9/v.*refused"):
        use("amqp://127.0.0.1:9/v", TOPOLOGY)
    with pytest.raises(SetupError, match="MUNIMENT_BUS_URL"):
        use("http://127.0.0.1", TOPOLOGY)


# --- with the management API --------------------------------------------------------------------


def test_with_the_management_api_nothing_is_left_unknown(managed_url: str, management: str) -> None:
    missing = [one for one in plan(managed_url, TOPOLOGY, management) if one.kind == "binding"]
    assert {one.name for one in missing} == {str(one) for one in TOPOLOGY.bindings}
    apply(managed_url, TOPOLOGY)
    assert plan(managed_url, TOPOLOGY, management) == []


def test_the_broker_keeps_the_arguments_that_were_declared(
    managed_url: str, management: str
) -> None:
    apply(managed_url, TOPOLOGY)
    vhost = managed_url.rpartition("/")[2]
    queues = ask(management, "GET", f"queues/{vhost}")
    kept = {one["name"]: one["arguments"] for one in queues}
    assert kept == {one.name: dict(one.arguments) for one in TOPOLOGY.queues}


def test_bindings_too_few_and_too_many_are_named(managed_url: str, management: str) -> None:
    apply(managed_url, TOPOLOGY)
    with foreign.channel(managed_url) as channel:
        channel.queue_unbind("owner", REQUESTS, "probe.requested.v1")
        channel.queue_bind("owner", FACTS, "#")
        channel.queue_declare("somebody-elses")
        channel.queue_bind("somebody-elses", FACTS, "#")
    missing, extra = plan(managed_url, TOPOLOGY, management)
    wanted = Binding("owner", REQUESTS, "probe.requested.v1")
    assert (missing.name, missing.state) == (str(wanted), "missing")
    assert (extra.name, extra.state) == (str(Binding("owner", FACTS, "#")), "extra")


LOSING = {"message-ttl": 1000, "delivery-limit": 3, "max-length": 10}
DOWNGRADE = "overflow is drop-head: dead letters are kept at most once, not at least once"


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        (
            "policies",
            LOSING,
            {"policy 'p' sets message-ttl=1000", "policy 'p' sets delivery-limit=3"},
        ),
        (
            "operator-policies",
            LOSING,
            {
                "operator policy 'p' sets message-ttl=1000",
                "operator policy 'p' sets delivery-limit=3",
            },
        ),
        ("policies", {"overflow": "drop-head"}, {DOWNGRADE}),
    ],
)
def test_a_policy_that_loses_messages_is_named(
    managed_url: str, management: str, kind: str, settings: Mapping[str, object], expected: set[str]
) -> None:
    apply(managed_url, TOPOLOGY)
    vhost = managed_url.rpartition("/")[2]
    policy = {"pattern": "^owner$", "definition": settings, "apply-to": "queues"}
    ask(management, "PUT", f"{kind}/{vhost}/p", policy)

    def named() -> bool:
        found = plan(managed_url, TOPOLOGY, management)
        assert {(one.kind, one.name, one.state) for one in found} <= {
            ("policy", "owner", "different")
        }
        return {one.detail for one in found} == expected

    until(named, seconds=60, what="the policy")
    assert {one.detail for one in downgrades(managed_url, TOPOLOGY, management)} == expected


def test_every_argument_that_differs_is_named_with_both_values(
    managed_url: str, management: str
) -> None:
    foreign.declare(managed_url, "owner", x_delivery_limit=3, x_max_length=5)
    with foreign.channel(managed_url) as channel:
        channel.exchange_declare(REQUESTS, "topic", durable=True)
    apply(managed_url, TOPOLOGY)
    found = plan(managed_url, TOPOLOGY, management)
    assert {(one.name, one.argument, one.wanted, one.found) for one in found} == {
        (REQUESTS, "alternate-exchange", UNROUTED, None),
        ("owner", "x-delivery-limit", 20, 3),
        ("owner", "x-max-length", None, 5),
        ("owner", "x-dead-letter-exchange", DEAD, None),
        ("owner", "x-dead-letter-routing-key", "owner", None),
        ("owner", "x-dead-letter-strategy", "at-least-once", None),
        ("owner", "x-overflow", "reject-publish", None),
    }
    limit = next(one for one in found if one.argument == "x-delivery-limit")
    assert str(limit) == "queue owner: x-delivery-limit is 3, and has to be 20"
    assert advice(limit) == "muniment topology migrate owner"


@pytest.mark.parametrize(
    ("login", "reason"), [("guest:wrong@", "answers 401"), ("nobody:x@", "answers 401")]
)
def test_a_management_api_that_refuses_leaves_bindings_unknown(
    managed_url: str, management: str, login: str, reason: str
) -> None:
    apply(managed_url, TOPOLOGY)
    (unread,) = plan(managed_url, TOPOLOGY, management.replace("://", f"://{login}"))
    assert unread.state == "unknown"
    assert reason in unread.detail
    assert login not in unread.detail


def test_a_management_api_that_is_not_there_leaves_bindings_unknown(amqp_url: str) -> None:
    apply(amqp_url, TOPOLOGY)
    (unread,) = plan(amqp_url, TOPOLOGY, "http://127.0.0.1:9")
    assert unread.state == "unknown"
    assert "http://127.0.0.1:9" in unread.detail
