"""Making a queue anew: whatever happens on the way, no message is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from uuid import uuid4

import pytest
from pika import BasicProperties
from pika.adapters.blocking_connection import BlockingChannel

from consumers.contract import Consumer
from ops.topology import Topology, apply, derive, migrations, plan
from schemas.probes import ProbeAnswered, ProbeRequested
from schemas.routing import DEAD, REQUESTS, routing_key
from store.errors import BrokerUnavailableError, SetupError
from tests import foreign_amqp as foreign
from tests.services.waiting import until

OWNER = Consumer("owner", ProbeRequested, lambda _event, _work: ())
READER = Consumer("reader", ProbeAnswered, lambda _event, _work: ())
OLD = derive((OWNER, READER), delivery_limit=3)
NEW = derive((OWNER, READER), delivery_limit=7)
KEY = routing_key(ProbeRequested.TYPE)
WINDOW = 500
STEPS = [
    "make owner.migrating",
    "bind owner.migrating like owner",
    "unbind owner",
    "move what is in owner to owner.migrating",
    "delete owner",
    "make owner",
    "bind owner",
    "unbind owner.migrating",
    "move what is in owner.migrating to owner",
    "delete owner.migrating",
]


class KilledError(Exception):
    """Whoever migrates ends here."""


@pytest.fixture
def url(amqp_url: str) -> str:
    """A vhost with the old topology."""
    apply(amqp_url, OLD)
    return amqp_url


def request(url: str, key: str = KEY, exchange: str = REQUESTS) -> str:
    """Publish one message, and return its id once the broker has it."""
    name = str(uuid4())
    foreign.publish(url, exchange, key, b"{}", message_id=name)
    return name


def requests(url: str, count: int) -> set[str]:
    """Publish many, and return their ids once they lie in the queue.

    The channel stays open until then: a quorum queue takes what is published without confirms
    in its own time, and what it asks for again is lost with the channel.
    """
    names = {str(uuid4()) for _ in range(count)}
    with foreign.channel(url) as channel:
        for name in names:
            channel.basic_publish(REQUESTS, KEY, b"{}", BasicProperties(message_id=name))
        until(lambda: foreign.length(url, "owner") >= count, seconds=60, what="the messages")
    return names


def ids(url: str, queue: str = "owner") -> list[str]:
    return [message.properties.message_id for message in foreign.empty(url, queue)]


def migrate(
    url: str, topology: Topology = NEW, told: Callable[[str], None] = lambda _: None
) -> None:
    for migration in migrations(url, topology, ["owner"]):
        migration.run(nullcontext, told)


def wait_until_free(url: str) -> None:
    """Wait until the broker knows that whoever consumed from the queue has gone."""
    with foreign.channel(url) as channel:
        until(
            lambda: not channel.queue_declare("owner", passive=True).method.consumer_count,
            seconds=60,
            what="the consumers to be forgotten",
        )


def differences(url: str) -> list[str]:
    return [one.name for one in plan(url, NEW) if one.is_drift]


# --- as it goes ---------------------------------------------------------------------------------


def test_nothing_is_to_be_done_where_nothing_differs(url: str) -> None:
    assert migrations(url, OLD) == []


def test_all_that_differ_are_made_anew_or_those_that_are_named(url: str) -> None:
    assert [one.queue for one in migrations(url, NEW)] == ["owner", "reader"]
    assert [one.queue for one in migrations(url, NEW, ["reader"])] == ["reader"]
    with pytest.raises(SetupError, match=r"no queue nobody; there are: .*owner"):
        migrations(url, NEW, ["nobody"])


def test_looking_at_the_steps_changes_nothing(url: str) -> None:
    (migration,) = migrations(url, NEW, ["owner"])
    assert migration.steps == STEPS
    assert differences(url) == ["owner", "reader"]


def test_every_message_is_there_afterwards_and_the_arguments_are_the_wanted_ones(url: str) -> None:
    sent = requests(url, 3 * WINDOW)
    (migration,) = migrations(url, NEW, ["owner"])
    told: list[str] = []
    migration.run(nullcontext, told.append)
    assert [one for one in told if one in STEPS] == STEPS
    assert migration.moved == {"owner": 3 * WINDOW, "owner.migrating": 3 * WINDOW}
    assert differences(url) == ["reader"]
    sent.add(request(url))
    found = ids(url)
    assert (set(found), len(found)) == (sent, 3 * WINDOW + 1), "once each, and bound again"


def test_a_message_stays_what_it_was_but_for_its_history(url: str) -> None:
    gone: dict[str, object] = {"x-death": [{"queue": "owner"}], "x-first-death-reason": "rejected"}
    gone |= {"x-last-death-queue": "owner", "x-delivery-count": 2}
    kept = {"cloudEvents:id": "1", "number": 7}
    given = {"content_type": "application/json", "content_encoding": "gzip", "type": "t"}
    foreign.publish(
        url, REQUESTS, KEY, b"\x1f\x00", message_id="m", headers={**kept, **gone}, **given
    )
    migrate(url)
    (message,) = foreign.empty(url, "owner")
    assert (message.routing_key, message.body) == (KEY, b"\x1f\x00")
    assert message.properties.headers == kept
    assert message.properties.message_id == "m"
    assert {name: getattr(message.properties, name) for name in given} == given


def test_what_is_dead_keeps_its_history(amqp_url: str) -> None:
    foreign.declare(amqp_url, DEAD)
    apply(amqp_url, NEW)
    death = {"x-first-death-queue": "owner"}
    foreign.publish(amqp_url, DEAD, "owner", b"dead", headers=death)
    (migration,) = migrations(amqp_url, NEW)
    migration.run(nullcontext)
    (dead,) = foreign.empty(amqp_url, DEAD)
    assert (dead.routing_key, dead.properties.headers) == ("owner", death)


def test_a_queue_of_another_type_is_made_anew_too(amqp_url: str) -> None:
    with foreign.channel(amqp_url) as channel:
        channel.queue_declare("owner", durable=True)
    apply(amqp_url, NEW)
    sent = {request(amqp_url) for _ in range(5)}
    migrate(amqp_url)
    assert differences(amqp_url) == []
    assert sorted(ids(amqp_url)) == sorted(sent)


# --- killed -------------------------------------------------------------------------------------


@contextmanager
def killed_at(place: str) -> Iterator[Callable[[str], None]]:
    """Yield who is told, and ends the migration before a step or with a count of messages."""

    def told(text: str) -> None:
        if text == place:
            raise KilledError

    with pytest.raises(KilledError):
        yield told


@pytest.mark.parametrize(
    "place",
    [*STEPS, *(f"{2 * WINDOW} messages of {one} moved" for one in ("owner", "owner.migrating"))],
)
def test_what_was_interrupted_goes_on_and_nothing_is_lost(url: str, place: str) -> None:
    sent = requests(url, 2 * WINDOW)
    with killed_at(place) as told:
        migrate(url, told=told)
    # Before the queue is deleted requests may go to either queue, and after that to one.
    sent.add(request(url))
    if place != STEPS[0]:
        assert "owner" in differences(url)
    migrate(url)
    assert "owner" not in differences(url)
    sent.add(request(url))
    found = ids(url)
    assert set(found) == sent
    assert len(found) <= 2 * len(sent) + WINDOW, "some may be there twice, but not all the time"


def test_it_may_be_interrupted_at_every_step_in_a_row(url: str) -> None:
    sent = requests(url, 10)
    for place in STEPS:
        with killed_at(place) as told:
            migrate(url, told=told)
        sent.add(request(url))
    migrate(url)
    assert set(ids(url)) == sent
    assert differences(url) == ["reader"]


# --- with others at work ------------------------------------------------------------------------


def test_what_consumers_hold_cannot_be_told_over_amqp_so_they_have_to_go_first(url: str) -> None:
    kept = request(url)
    with foreign.channel(url) as channel:
        channel.basic_consume("owner", lambda *_: None)
        with pytest.raises(SetupError, match=r"owner has 1 consumers.*stop them first"):
            migrate(url)
        assert differences(url) == ["owner", "reader"], "nothing has been done"
    wait_until_free(url)
    migrate(url)
    assert ids(url) == [kept]


def held_by(channel: BlockingChannel) -> str:
    """Consume one message, and keep it; return the consumer's tag."""
    held: list[object] = []
    tag: str = channel.basic_consume("owner", lambda *message: held.append(message))

    def holds() -> bool:
        channel.connection.process_data_events(0.1)
        return bool(held)

    until(holds, seconds=60, what="a message")
    return tag


def test_a_consumer_that_was_cancelled_counts_as_long_as_it_holds_a_message(url: str) -> None:
    kept = request(url)
    with foreign.channel(url) as channel:
        channel.basic_cancel(held_by(channel))
        with pytest.raises(SetupError, match="owner has 1 consumers"):
            migrate(url)
    wait_until_free(url)
    migrate(url)
    assert ids(url) == [kept]


def test_a_consumer_that_comes_meanwhile_is_waited_for_and_given_up_on(url: str) -> None:
    sent = requests(url, 2 * WINDOW)
    (migration,) = migrations(url, NEW, ["owner"])
    with foreign.channel(url) as channel:
        channel.basic_qos(prefetch_count=1)

        def come(text: str) -> None:
            if text == "unbind owner":
                held_by(channel)

        with pytest.raises(BrokerUnavailableError, match=r"owner still hold messages after 0\.5 s"):
            migration.run(nullcontext, come, patience=0.5)
        sent.add(request(url))
    wait_until_free(url)
    migrate(url)
    assert set(ids(url)) == sent


def test_two_migrations_of_a_queue_do_not_meet(url: str) -> None:
    (first,) = migrations(url, NEW, ["owner"])
    (second,) = migrations(url, NEW, ["owner"])

    def meet(_: str) -> None:
        with pytest.raises(SetupError, match="another migration of owner is at work"):
            second.run(nullcontext)
        raise KilledError

    with pytest.raises(KilledError):
        first.run(nullcontext, meet)
    second.run(nullcontext)
    assert differences(url) == ["reader"]
