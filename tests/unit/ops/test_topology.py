"""What RabbitMQ has to have, derived from consumers."""

from consumers.contract import Consumer
from ops.topology import Binding, Queue, derive
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import DEAD, FACTS, REPLIES, REQUESTS, UNROUTED

OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: ())
READER = Consumer("reader", ProbeAnswered, lambda _event, _work: ())


def test_each_consumer_has_a_queue_that_loses_nothing() -> None:
    topology = derive((OWNER,), delivery_limit=7)
    (queue,) = (one for one in topology.queues if one.name == "owner")
    assert queue == Queue(
        "owner",
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": 7,
            "x-dead-letter-exchange": DEAD,
            "x-dead-letter-routing-key": "owner",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def test_a_request_is_bound_where_requests_go_and_a_fact_where_facts_go() -> None:
    bindings = derive((OWNER, READER)).bindings
    assert Binding("owner", REQUESTS, "probe.requested.v1") in bindings
    assert Binding("reader", FACTS, "probe.answered.v1") in bindings


def test_nothing_expires_or_is_dropped_unread() -> None:
    for queue in derive((OWNER,)).queues:
        assert not queue.arguments.keys() & {"x-message-ttl", "x-expires", "x-max-length"}
        assert queue.arguments["x-overflow"] == "reject-publish"


def test_every_exchange_that_is_published_to_is_there() -> None:
    exchanges = {one.name: one for one in derive(()).exchanges}
    assert {REQUESTS, FACTS, REPLIES, DEAD, UNROUTED} == exchanges.keys()
    assert exchanges[REQUESTS].arguments == {"alternate-exchange": UNROUTED}


def test_the_archives_notice_is_there_when_it_has_a_name() -> None:
    *usual, notice = derive((), archived_fits="archived_fits").exchanges
    assert tuple(usual) == derive(()).exchanges
    assert (notice.name, notice.kind) == ("archived_fits", "fanout")
