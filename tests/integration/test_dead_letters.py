"""What RabbitMQ gives up on ends in the table of parked events, once, and can be replayed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from consumers.dead_letters import DeadLetters
from schemas.envelope import Envelope
from schemas.probes import ProbeRequested
from schemas.routing import DEAD
from store import tables
from store.parked import Decision, Pace, replay
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, check_once, prober
from tests.equipment.world import PATIENCE_SECONDS, World
from tests.foreign_amqp import channel, length, publish
from tests.services.waiting import until


@pytest.fixture
def make_rabbit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes worlds on RabbitMQ alone: elsewhere nothing is dead-lettered."""
    request.param = "rabbitmq"
    with ExitStack() as stack:
        yield MakeWorld(request, tmp_path, stack)


@contextmanager
def draining(world: World, url: str) -> Iterator[None]:
    drain = DeadLetters(url, "test.1", world.database, world.bus.ledger, world.stamp)
    drain.start()
    try:
        yield
    finally:
        drain.stop()


def refuse(url: str, queue: str) -> None:
    """Be a consumer that cannot: reject every delivery until the broker gives up on the first."""
    with channel(url) as to:
        deliveries = to.consume(queue, inactivity_timeout=0.2)

        def is_dead() -> bool:
            method, _, _ = next(deliveries)
            if method is not None:
                to.basic_reject(method.delivery_tag, requeue=True)
            return length(url, DEAD) == 1

        until(is_dead, seconds=60, what="a dead letter")


def dead_letter(world: World, url: str) -> Envelope:
    (sent,) = world.accept(ProbeRequested(probe="x"))
    refuse(url, NAME)
    return sent


def test_a_dead_letter_is_parked_and_replayed_to_its_effect(make_rabbit: MakeWorld) -> None:
    consumer = prober(Script())
    world = make_rabbit(consumer)
    url = make_rabbit.bus_url
    sent = dead_letter(world, url)
    with draining(world, url):
        world.wait_for(tables.parked, 1)
        until(lambda: length(url, DEAD) == 0, seconds=PATIENCE_SECONDS, what="an empty queue")
    (parked,) = world.rows(tables.parked)
    assert (parked["consumer"], parked["event_key"], parked["kind"]) == (NAME, sent.key, "poison")
    assert "delivery limit" in parked["reason"]

    decision = Decision("user:test", world.clock())
    with world.database.transaction() as transaction:
        outlet = world.bus.ledger.outlet
        assert replay(transaction, outlet, [parked["id"]], decision, Pace(world.clock()))
    with world.working(consumer):
        world.wait_for(tables.inbox, 1)
    check_once(world, [sent])
    assert world.rows(tables.inbox)[0]["attempt"] == 2


def test_one_that_comes_again_is_parked_once(make_rabbit: MakeWorld) -> None:
    world = make_rabbit(prober(Script()))
    url = make_rabbit.bus_url
    dead_letter(world, url)
    with channel(url) as to:
        _, properties, body = to.basic_get(DEAD, auto_ack=True)
        assert body is not None
    for _ in range(2):
        with channel(url) as to:
            to.confirm_delivery()
            to.basic_publish("", DEAD, body, properties)

    def drained() -> bool:
        with draining(world, url):
            world.wait_for(tables.parked, 1)
        # What was in hand when the draining ended is back in the queue now.
        return length(url, DEAD) == 0

    until(drained, seconds=PATIENCE_SECONDS, what="an empty queue")
    assert world.count(tables.parked) == 1
    assert world.count(tables.failures) == 1


def test_what_is_no_event_is_kept_byte_for_byte(make_rabbit: MakeWorld) -> None:
    world = make_rabbit(prober(Script()))
    publish(make_rabbit.bus_url, "", DEAD, b"\xff\x00not an event", content_type="text/plain")
    with draining(world, make_rabbit.bus_url):
        world.wait_for(tables.parked, 1)
    (parked,) = world.rows(tables.parked)
    assert parked["event_key"] is None
    assert "/wBub3QgYW4gZXZlbnQ=" in parked["message"]
    assert "no CloudEvent" in parked["reason"]


def test_an_outsiders_event_enters_the_ledger_with_its_parking(make_rabbit: MakeWorld) -> None:
    world = make_rabbit(prober(Script()))
    headers = {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": "outside-1",
        "cloudEvents:source": "/outside",
        "cloudEvents:type": ProbeRequested.TYPE,
    }
    publish(
        make_rabbit.bus_url,
        "",
        DEAD,
        b'{"probe":"x"}',
        headers=headers,
        content_type="application/json",
    )
    with draining(world, make_rabbit.bus_url):
        world.wait_for(tables.parked, 1)
    (event,) = world.rows(tables.events)
    assert (event["id"], event["entry"]) == ("outside-1", "observed")
    assert world.rows(tables.parked)[0]["event_key"] == event["key"]
