"""A publisher does not start to publish where nothing would be confirmed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest

from producers.amqp import AmqpPublisher
from store.errors import BrokerUnavailableError
from tests.fault.wire import wire
from tests.services.private_rabbitmq import PrivateRabbitMQ
from tests.services.waiting import until

# Whole frames: type, channel, length of the payload, class and method, arguments, end.
CONFIRM_SELECT = bytes.fromhex("01 0001 00000005 0055000a 00 ce")
CONFIRM_SELECT_OK = bytes.fromhex("01 0001 00000004 0055000b ce")
BASIC_QOS = bytes.fromhex("01 0001 0000000b 003c000a 00000000 0000 00 ce")
BASIC_QOS_OK = bytes.fromhex("01 0001 00000004 003c000b ce")


@contextmanager
def without_confirms(url: str) -> Iterator[str]:
    """Yield the URL of a broker that agrees to confirm, and was never asked to."""
    with wire(
        url,
        lambda sent: sent.replace(CONFIRM_SELECT, BASIC_QOS),
        lambda answer: answer.replace(BASIC_QOS_OK, CONFIRM_SELECT_OK),
    ) as through:
        yield through


def test_a_channel_that_does_not_confirm_is_refused(amqp_url: str) -> None:
    with (
        without_confirms(amqp_url) as url,
        closing(AmqpPublisher(url, "test", confirm_seconds=10)) as publisher,
        pytest.raises(BrokerUnavailableError, match="confirms are not in force"),
    ):
        publisher.check()


def test_one_that_does_is_taken(amqp_url: str) -> None:
    """By the same wire, so that it is the confirms which make the difference."""
    with (
        wire(amqp_url, bytes) as url,
        closing(AmqpPublisher(url, "test", confirm_seconds=60)) as publisher,
    ):
        publisher.check()


ALARMS = {
    "memory": (
        ("set_vm_memory_high_watermark", "0.00001"),
        ("set_vm_memory_high_watermark", "0.6"),
    ),
    "disk": (("set_disk_free_limit", "900000GB"), ("set_disk_free_limit", "50MB")),
}


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_is_named_at_once_by_a_connection_that_begins_with_it(
    private_rabbitmq: PrivateRabbitMQ, alarm: str
) -> None:
    """Although it has published nothing yet: only who publishes is told."""
    on, off = ALARMS[alarm]
    with (
        private_rabbitmq.fresh_vhost() as url,
        closing(AmqpPublisher(url, "test")) as known,
        closing(AmqpPublisher(url, "test")) as new,
    ):
        known.check()
        private_rabbitmq.control(*on)
        try:
            for publisher in (known, new):
                with pytest.raises(BrokerUnavailableError, match=f"alarm is on: low on {alarm}"):
                    publisher.check()
        finally:
            private_rabbitmq.control(*off)
        for publisher in (known, new):
            until(partial(answers, publisher), seconds=60, what="the end of the alarm")


def answers(publisher: AmqpPublisher) -> bool:
    try:
        publisher.check()
    except BrokerUnavailableError:
        return False
    return True
