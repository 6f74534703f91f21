# ruff: noqa: D102 - a test's name is its sentence
"""RabbitMQ, with an outbox in PostgreSQL, keeps the promises of a bus."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pika
import pytest

from consumers.runtime.source import Malformed
from ops.buses import RabbitBus, Surroundings
from ops.topology import apply, derive
from producers.doorbell import Waiters
from schemas.envelope import EnvelopeError
from store.database import open_database
from store.tables import metadata
from tests.contract.bus import BusContract
from tests.contract.bus_under_test import CONSUMERS, OWNER, BusUnderTest, Clock, new_id, take


@pytest.fixture
def bus(amqp_url: str, postgresql_url: str) -> Iterator[BusUnderTest]:
    """A bus with its topology, and a relay at work."""
    topology = derive(CONSUMERS)
    assert apply(amqp_url, topology) == []
    clock = Clock()
    with closing(open_database(postgresql_url)) as database:
        metadata.create_all(database.engine)
        around = Surroundings(database, CONSUMERS, Waiters("test"), "test.1", clock, new_id)
        carrier = RabbitBus(amqp_url, topology, around)
        carrier.start(listening=False)
        try:
            yield BusUnderTest(carrier, database, clock, lease=timedelta())
        finally:
            carrier.stop()


class TestRabbitMQ(BusContract):
    """And what only it can meet."""

    def test_what_is_no_event_is_delivered_whole(self, bus: BusUnderTest, amqp_url: str) -> None:
        with closing(pika.BlockingConnection(pika.URLParameters(amqp_url))) as connection:
            headers = {"cloudEvents:specversion": "0.3", "odd": b"\xff", "nested": {"n": [1, None]}}
            properties = pika.BasicProperties(headers=headers, message_id="m", priority=3)
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish("", OWNER.name, b"\x00\xff", properties)
        with closing(bus.open(OWNER)) as source:
            (delivery,) = take(source, 1)
        assert isinstance(delivery.event, Malformed)
        assert delivery.event.body == b"\x00\xff"
        assert delivery.event.properties == {"headers": headers, "message_id": "m", "priority": 3}
        assert isinstance(delivery.event.error, EnvelopeError)
        assert delivery.event.error.field == "specversion"
