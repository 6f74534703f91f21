"""Notices of archived frames on a real broker, over a cable that can be cut."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from ops.topology import apply, derive
from producers.notices import AmqpNotices
from store.errors import NoticesUnavailableError, SetupError
from store.notice_ports import Notice
from tests import foreign_amqp as foreign
from tests.cable import Cable
from tests.services.waiting import until

EXCHANGE = "archived_fits"
BODY = '{"OBJECT": "été", "frameid": 41}'.encode()


def notice(name: str) -> Notice:
    return Notice(name, BODY)


def subscribe(url: str, queue: str = "pipeline", **arguments: object) -> None:
    """Bind a queue to the exchange, as a pipeline does."""
    foreign.declare(url, queue, **arguments)
    with foreign.channel(url) as channel:
        channel.exchange_declare(EXCHANGE, "fanout", durable=True)
        channel.queue_bind(queue, EXCHANGE)


@pytest.fixture
def notices(amqp_url: str) -> Iterator[AmqpNotices]:
    with closing(AmqpNotices(amqp_url, EXCHANGE, "test", declares=True)) as notices:
        yield notices


def test_a_message_has_the_properties_of_the_original_and_an_id(
    amqp_url: str, notices: AmqpNotices
) -> None:
    notices.check()
    subscribe(amqp_url)
    notices.publish([notice("uid-1")])
    (message,) = foreign.empty(amqp_url, "pipeline")
    said = {name: value for name, value in vars(message.properties).items() if value is not None}
    assert said == {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "headers": {},
        "delivery_mode": 2,
        "priority": 0,
        "message_id": "uid-1",
    }
    assert (message.routing_key, message.body) == ("", BODY)


def test_the_exchange_is_made_and_survives_the_broker(amqp_url: str, notices: AmqpNotices) -> None:
    notices.publish([notice("nobody-listens")])
    with foreign.channel(amqp_url) as channel:
        # Declared otherwise, the broker would refuse.
        channel.exchange_declare(EXCHANGE, "fanout", durable=True, auto_delete=False)


def test_an_exchange_that_is_none_of_ours_is_an_answer(amqp_url: str, notices: AmqpNotices) -> None:
    with foreign.channel(amqp_url) as channel:
        channel.exchange_declare(EXCHANGE, "direct", durable=True)
    with pytest.raises(NoticesUnavailableError, match="inequivalent arg 'type'"):
        notices.publish([notice("1")])
    with foreign.channel(amqp_url) as channel:
        channel.exchange_delete(EXCHANGE)
    subscribe(amqp_url)
    notices.publish([notice("1")])
    assert foreign.length(amqp_url, "pipeline") == 1


def test_on_the_bus_the_topology_makes_it(amqp_url: str) -> None:
    with closing(AmqpNotices(amqp_url, EXCHANGE, "test", declares=False)) as notices:
        with pytest.raises(NoticesUnavailableError, match="muniment topology apply"):
            notices.publish([notice("1")])
        apply(amqp_url, derive((), archived_fits=EXCHANGE))
        subscribe(amqp_url)
        notices.publish([notice("1")])
    assert foreign.length(amqp_url, "pipeline") == 1


def test_an_exchange_that_was_deleted_is_made_again(amqp_url: str, notices: AmqpNotices) -> None:
    notices.publish([notice("1")])
    with foreign.channel(amqp_url) as channel:
        channel.exchange_delete(EXCHANGE)
    with pytest.raises(NoticesUnavailableError, match=r"no exchange .archived_fits.*trying again"):
        notices.publish([notice("2")])
    notices.check()
    subscribe(amqp_url)
    notices.publish([notice("2")])
    assert foreign.length(amqp_url, "pipeline") == 1


def test_a_thousand_arrive_in_order(amqp_url: str, notices: AmqpNotices) -> None:
    subscribe(amqp_url)
    names = [f"uid-{number}" for number in range(1001)]
    notices.publish([notice(name) for name in names])
    assert [one.properties.message_id for one in foreign.empty(amqp_url, "pipeline")] == names


def test_a_queue_that_refuses_holds_notices_up_and_is_not_asked_all_the_time(
    amqp_url: str, notices: AmqpNotices
) -> None:
    subscribe(amqp_url)
    with foreign.channel(amqp_url) as channel:
        channel.queue_declare("full", arguments={"x-max-length": 0, "x-overflow": "reject-publish"})
        channel.queue_bind("full", EXCHANGE)
    with pytest.raises(NoticesUnavailableError, match="'archived_fits' is full"):
        notices.publish([notice("1")])
    with pytest.raises(NoticesUnavailableError, match="'archived_fits' is full"):
        notices.check()


def test_a_broker_that_is_away_is_an_answer_and_the_next_call_connects(amqp_url: str) -> None:
    subscribe(amqp_url)
    with (
        Cable(amqp_url) as cable,
        closing(AmqpNotices(cable.url, EXCHANGE, "test", declares=True)) as notices,
    ):
        notices.publish([notice("1")])
        cable.unplug()
        for ask in (notices.check, lambda: notices.publish([notice("2")])):
            with pytest.raises(NoticesUnavailableError):
                ask()
        cable.plug()
        notices.publish([notice("2")])
    assert [one.properties.message_id for one in foreign.empty(amqp_url, "pipeline")] == ["1", "2"]


def test_silence_is_an_error_when_the_patience_is_over(amqp_url: str) -> None:
    with Cable(amqp_url) as cable:
        notices = AmqpNotices(cable.url, EXCHANGE, "test", declares=True, confirm_seconds=0.5)
        # To connect, each answer has to come as quickly.
        until(lambda: answers(notices), seconds=60, what="a connection")
        cable.go_dead()
        with pytest.raises(NoticesUnavailableError, match=r"confirms nothing for 0\.5 s"):
            notices.publish([notice("1")])


def answers(notices: AmqpNotices) -> bool:
    """Whether the broker answers in time."""
    try:
        notices.check()
    except NoticesUnavailableError:
        return False
    return True


def test_a_url_that_is_none_names_its_setting() -> None:
    with pytest.raises(SetupError, match="MUNIMENT_NOTICE_AMQP_URL: the scheme"):
        AmqpNotices("http://broker", EXCHANGE, "test", declares=True)
