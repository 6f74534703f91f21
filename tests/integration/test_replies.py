"""Doorbells from one process to another."""

from collections.abc import Iterator, Sequence
from queue import SimpleQueue

import pytest

from ops.topology import apply, derive
from producers.amqp import AmqpPublisher
from producers.replies import ReplyListener
from schemas.routing import REPLIES
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

Heard = SimpleQueue[Sequence[str]]


@pytest.fixture
def url(amqp_url: str) -> str:
    """A vhost with Muniment's exchanges."""
    apply(amqp_url, derive(()))
    return amqp_url


@pytest.fixture
def cable(url: str) -> Iterator[Cable]:
    with Cable(url) as cable:
        yield cable


@pytest.fixture
def heard() -> Heard:
    return SimpleQueue()


@pytest.fixture
def listener(cable: Cable, heard: Heard) -> Iterator[ReplyListener]:
    listener = ReplyListener(cable.url, "ingress@here", heard.put, "doorbells@here")
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def publisher(url: str) -> Iterator[AmqpPublisher]:
    publisher = AmqpPublisher(url, "test")
    yield publisher
    publisher.close()


def until_connected(listener: ReplyListener) -> None:
    until(lambda: listener.connected, seconds=60, what="the listener")


def test_what_is_rung_for_one_address_is_heard_there(
    listener: ReplyListener, heard: Heard, publisher: AmqpPublisher
) -> None:
    until_connected(listener)
    publisher.ring("ingress@there", ["x"])
    publisher.ring("ingress@here", ["a", "b"])
    assert heard.get(timeout=60) == ["a", "b"]


def test_noise_is_no_doorbell(
    url: str, listener: ReplyListener, heard: Heard, publisher: AmqpPublisher
) -> None:
    until_connected(listener)
    for noise in (b"", b"\xff", b"{}", b"[1]", b'"a"'):
        foreign.publish(url, REPLIES, "ingress@here", noise)
    publisher.ring("ingress@here", ["a"])
    assert heard.get(timeout=60) == ["a"]


def test_a_listener_comes_back_after_a_loss(
    cable: Cable, listener: ReplyListener, heard: Heard, publisher: AmqpPublisher
) -> None:
    until_connected(listener)
    cable.unplug()
    until(lambda: not listener.connected, seconds=60, what="the loss")
    cable.plug()
    until_connected(listener)
    publisher.ring("ingress@here", ["a"])
    assert heard.get(timeout=60) == ["a"]


def test_a_listener_waits_for_the_topology(amqp_url: str) -> None:
    listener = ReplyListener(amqp_url, "ingress@here", lambda _: None, "doorbells@here")
    listener.start()
    try:
        apply(amqp_url, derive(()))
        until_connected(listener)
    finally:
        listener.stop()


def test_a_listener_without_a_broker_stops_at_once() -> None:
    listener = ReplyListener("amqp://127.0.0.1:9", "a", lambda _: None, "doorbells@here")
    listener.start()
    listener.stop()
    assert not listener.connected
