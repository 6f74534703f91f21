"""What an operator reads in RabbitMQ's management UI says who is who."""

from collections.abc import Iterator
from typing import Any

import pytest

from consumers.amqp import AmqpSource
from consumers.contract import Consumer
from ops.topology import apply, derive
from producers.amqp import AmqpPublisher
from producers.replies import ReplyListener
from schemas.probes import ProbeRequested
from store.errors import BrokerUnavailableError
from tests.management import ask
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

CONSUMER = Consumer("answer-probe", ProbeRequested, lambda _event, _work: (), prefetch=7)


def never(*_: object) -> None:
    raise AssertionError("nothing is to be scheduled here")


@pytest.fixture
def vhost(private_rabbitmq: PrivateRabbitMQ) -> Iterator[str]:
    """The URL of a vhost where a relay, a consumer and a listener for doorbells are at work."""
    with private_rabbitmq.fresh_vhost() as url:
        apply(url, derive((CONSUMER,)))
        publisher = AmqpPublisher(url, "relay@here.1")
        source = AmqpSource(url, CONSUMER, never, "here.1")
        listener = ReplyListener(url, "ingress@here.1", lambda _: None, "doorbells@here.1")
        publisher.check()
        listener.start()
        until(lambda: looks(source) and listener.connected, seconds=60, what="them")
        yield url.rpartition("/")[2]
        listener.stop()
        source.close()
        publisher.close()


def looks(source: AmqpSource) -> bool:
    """Whether the source is subscribed, and has nothing."""
    try:
        return source.take(1, 1) == []
    except BrokerUnavailableError:
        return False  # not connected yet


def test_connections_and_consumers_have_names(
    private_rabbitmq: PrivateRabbitMQ, vhost: str
) -> None:
    def found(path: str) -> Any:  # noqa: ANN401 - JSON
        return ask(private_rabbitmq.management_url, "GET", path)

    connections = until(
        lambda: found(f"vhosts/{vhost}/connections") if complete(found, vhost) else None,
        seconds=60,
        what="statistics of three connections",
    )
    properties = [one["client_properties"] for one in connections]
    names = {one["connection_name"] for one in properties}
    assert names == {"relay@here.1", "answer-probe", "doorbells@here.1"}
    assert {one["product"] for one in properties} == {"Muniment"}
    consumers = {one["queue"]["name"]: one for one in found(f"consumers/{vhost}")}
    assert consumers["answer-probe"]["consumer_tag"] == "answer-probe@here.1"
    assert consumers["answer-probe"]["prefetch_count"] == 7


def complete(found: Any, vhost: str) -> bool:  # noqa: ANN401 - a function of JSON
    """Whether the API knows of everything; it learns of it every five seconds."""
    connections = found(f"vhosts/{vhost}/connections")
    named = [one for one in connections if "client_properties" in one]
    return len(named) == 3 and len(found(f"consumers/{vhost}")) == 2
