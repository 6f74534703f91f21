# ruff: noqa: D102 - a test's name is its sentence
"""Messages that somebody else publishes on RabbitMQ."""

from base64 import b64decode
from contextlib import closing
from typing import Any

import pika
import pytest
from pydantic_core import from_json

from schemas.envelope import Envelope, to_amqp
from schemas.probes import ProbeRequested
from store import tables
from tests.equipment.making import MakeWorld
from tests.equipment.probing import NAME, Script, check_once, prober
from tests.equipment.world import PATIENCE_SECONDS
from tests.services.waiting import until


@pytest.mark.parametrize("make_world", ["rabbitmq"], indirect=True)
class TestFromOutside:
    """Messages that somebody else publishes on RabbitMQ."""

    def test_an_outsiders_event_is_written_down_first(self, make_world: MakeWorld) -> None:
        script = Script()
        consumer = prober(script, batch=5, prefetch=5)
        world = make_world(consumer)
        outsider = Envelope(
            id="17",
            source="/telescope",
            type=ProbeRequested.TYPE,
            causationid="made-up-by-them",
            replyto=world.waiters.address,
            attempt=2**31 - 1,
            extensions=(("night", "3"),),
            data=b'{"probe": "x"}',
        )
        publish(make_world.bus_url, *[to_amqp(outsider)] * 2)
        with world.working(consumer):
            until(
                lambda: world.tally.endings.total() == 2,
                seconds=PATIENCE_SECONDS,
                what="both deliveries",
            )
        check_once(world, [outsider])
        event, answer = world.rows(tables.events)
        assert (event["entry"], event["actor"], event["id"]) == ("observed", "amqp", "17")
        assert event["data"] == '{"probe": "x"}'
        assert event["time"] is not None
        assert event["envelope"] == '{"extensions":[["night","3"]]}'
        assert event["correlation"] == answer["correlation"] == "made-up-by-them"
        assert world.rows(tables.inbox)[0]["attempt"] == 1
        assert world.tally.endings == {"succeeded": 1, "repeated": 1}

    def test_an_outsiders_event_that_fails_is_tried_again(self, make_world: MakeWorld) -> None:
        def fail_once(_event: ProbeRequested, run: int) -> None:
            if run == 1:
                raise OSError("the dome is closed")

        consumer = prober(Script(fail_once))
        world = make_world(consumer)
        outsider = Envelope(id="17", source="/t", type=ProbeRequested.TYPE, data=b'{"probe":"x"}')
        publish(make_world.bus_url, to_amqp(outsider))
        with world.working(consumer):
            world.wait_for(tables.inbox, 1)
        check_once(world, [outsider])
        assert world.rows(tables.inbox)[0]["attempt"] == 2

    def test_what_is_no_event_is_parked_byte_for_byte(self, make_world: MakeWorld) -> None:
        consumer = prober(Script(), batch=5, prefetch=5)
        world = make_world(consumer)
        bodies = [b"\xff\x00", b'{"probe":"a\x00b"}', b'{"probe":NaN}', b"{"]
        good = Envelope(id="17", source="/t", type=ProbeRequested.TYPE, data=b'{"probe":"x"}')
        headers = to_amqp(good)[0]
        publish(make_world.bus_url, *[(headers, body) for body in bodies], to_amqp(good))
        publish(make_world.bus_url, ({"content_type": "text/plain", "headers": {}}, b"hello"))
        with world.working(consumer):
            world.wait_for(tables.parked, 5)
            world.wait_for(tables.inbox, 1)
        parked = world.rows(tables.parked)
        assert {row["event_key"] for row in parked} == {None}
        kept = [from_json(row["message"]) for row in parked]
        assert sorted(b64decode(one["body_base64"]) for one in kept) == sorted([*bodies, b"hello"])
        assert all(row["reason"].startswith("no CloudEvent: ") for row in parked)
        assert world.count(tables.events) == 2
        assert world.tally.endings == {"parked": 5, "succeeded": 1}


def publish(url: str, *messages: tuple[dict[str, Any], bytes]) -> None:
    """Publish messages to the queue, as some other client does."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for properties, body in messages:
            known = pika.BasicProperties(**properties)
            channel.basic_publish("", NAME, body, known)
