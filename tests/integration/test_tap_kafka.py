"""The ledger is copied to Kafka: whole, in order, each event once, by one process at a time."""

from datetime import timedelta

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event

from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered
from store.tables import events, taps
from store.views import span
from tests.equipment.kafka_topics import check_whole, make_topic, read_topic, whole_ledger
from tests.equipment.making import MakeWorld
from tests.equipment.tapping import (
    PARTITIONS,
    PATIENCE_SECONDS,
    copy_all,
    fill,
    new_topic_name,
    state,
    tap_of,
    tapping,
    topic_of,
    wait_until_copied,
)
from tests.services.kafka import Kafka
from tests.services.waiting import until


@pytest.fixture
def name() -> str:
    """The name of a topic that there is not yet."""
    return new_topic_name()


def test_the_whole_ledger_is_copied_and_followed(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 1200)
    with tapping(world, topic_of(kafka.url, name)):
        wait_until_copied(world, 1200)
        fill(world, 30)
        wait_until_copied(world, span(world.database).last)
    seen = check_whole(kafka, name, world.database)
    assert len(seen) == 1230
    assert {one.partition for one in seen} == set(range(PARTITIONS))
    assert world.tally.endings["succeeded"] == 1230


def test_records_are_cloudevents_in_binary_mode(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    (sent,) = world.accept(
        Envelope(
            id="a-1",
            source="/somewhere/else",
            type=ProbeAnswered.TYPE,
            time=world.clock(),
            subject="M 51 ☆",
            dataschema="https://example.org/schema",
            correlationid="c",
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            extensions=(("flavour", "bitter"), ("ledgerposition", "99")),
            data=b'{"a": 1.0}',
        )
    )
    copy_all(world, kafka, name)
    (seen,) = read_topic(kafka, name)
    event = from_kafka_event(KafkaMessage(dict(seen.headers), seen.key, seen.value))
    (recorded,) = whole_ledger(world.database)
    assert event.get_attributes() | {"partitionkey": None} == {
        "ledgerentry": "accepted",
        "id": "a-1",
        "source": "/somewhere/else",
        "type": ProbeAnswered.TYPE,
        "specversion": "1.0",
        "time": sent.time,
        "subject": "M 51 ☆",
        "datacontenttype": "application/json",
        "dataschema": "https://example.org/schema",
        "correlationid": "c",
        "traceparent": sent.traceparent,
        "flavour": "bitter",
        "ledgerposition": str(recorded.position),
        "partitionkey": None,
    }
    assert seen.value == b'{"a": 1.0}'
    assert seen.key == "M 51 ☆".encode()
    assert seen.milliseconds == int(recorded.recorded_at.timestamp() * 1000)


def test_events_about_one_subject_share_a_partition(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 200)
    copy_all(world, kafka, name)
    places: dict[bytes, set[int]] = {}
    for one in check_whole(kafka, name, world.database):
        if one.key is not None:
            places.setdefault(one.key, set()).add(one.partition)
    assert len(places) == 6
    assert all(len(where) == 1 for where in places.values())


def test_a_topic_that_is_there_keeps_its_partitions(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    make_topic(kafka, name, 5)
    world = make_embedded_world()
    fill(world, 300)
    copy_all(world, kafka, name)
    fill(world, 10)
    copy_all(world, kafka, name)
    assert {one.partition for one in check_whole(kafka, name, world.database)} == set(range(5))


def test_an_event_larger_than_kafka_takes_by_default(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 3, size=3 * 1024**2)
    copy_all(world, kafka, name)
    check_whole(kafka, name, world.database)


def test_another_process_waits_and_takes_over_when_the_first_says_nothing(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 20)
    with tapping(world, topic_of(kafka.url, name)):
        wait_until_copied(world, 20)
        with tapping(world, topic_of(kafka.url, name), process="second"):
            fill(world, 20)
            wait_until_copied(world, span(world.database).last)
            found = state(world)
            assert found is not None
            assert found.owner == "first"

        def has_taken_over() -> bool:
            there = state(world)
            if there is not None and there.owner == "third":
                return True
            # The first one's lease runs out; it does not know yet, and may say that it lives.
            world.clock.advance(timedelta(minutes=1))
            return False

        with tapping(world, topic_of(kafka.url, name), process="third"):
            until(has_taken_over, seconds=PATIENCE_SECONDS, what="the third to take over")
            fill(world, 20)
            wait_until_copied(world, span(world.database).last)
    assert len(check_whole(kafka, name, world.database)) == 60


def test_whoever_stops_leaves_the_rest_to_others_at_once(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 5)
    copy_all(world, kafka, name)
    found = state(world)
    assert found is not None
    assert (found.owner, found.until) == (None, None)
    fill(world, 5)
    copy_all(world, kafka, name, process="second")  # although no time has passed
    check_whole(kafka, name, world.database)


def test_an_idle_tap_keeps_saying_that_it_lives(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 1)
    with tapping(world, topic_of(kafka.url, name)):
        wait_until_copied(world, 1)
        world.clock.advance(timedelta(seconds=20))
        soon = world.clock() + timedelta(seconds=30)
        until(
            lambda: (there := state(world)) is not None and (there.until or soon) > soon,
            seconds=PATIENCE_SECONDS,
            what="a sign of life",
        )


def test_kafka_that_is_away_is_waited_for(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str
) -> None:
    world = make_embedded_world()
    fill(world, 600)
    copy_all(world, kafka, name)
    with tapping(world, topic_of(kafka.url, name, seconds=5)) as tap:
        until(
            lambda: (there := state(world)) is not None and there.owner == "first",
            seconds=PATIENCE_SECONDS,
            what="the tap to be open",
        )
        kafka.stop()
        fill(world, 600)
        until(lambda: tap.waits[0] == "kafka", seconds=PATIENCE_SECONDS, what="the tap to wait")
        assert "kafka" in world.tally.pauses
        fill(world, 600)
        kafka.start()
        wait_until_copied(world, span(world.database).last)
        assert tap.waits[0] is None
    assert len(check_whole(kafka, name, world.database)) == 1800


def test_a_topic_of_another_ledger_is_refused(
    make_embedded_world: MakeWorld, kafka: Kafka, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = make_embedded_world()
    fill(world, 5)
    copy_all(world, kafka, name)
    before = read_topic(kafka, name)
    fill(world, 5)
    # As after a restored backup: events have other ids at these positions.
    with world.database.transaction() as transaction:
        transaction.execute(events.delete().where(events.c.position <= 5))
        transaction.execute(taps.delete())
    tap = tap_of(world, topic_of(kafka.url, name))
    tap.start()
    until(lambda: tap.waits[0] == "kafka", seconds=PATIENCE_SECONDS, what="the tap to wait")
    assert tap.stop(PATIENCE_SECONDS)
    assert "MUNIMENT_KAFKA_TOPIC has to name another topic" in caplog.text
    assert read_topic(kafka, name) == before
