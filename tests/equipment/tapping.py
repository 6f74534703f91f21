"""Ledgers to be copied to Kafka, and the tap that copies them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from consumers.tap_kafka import TapKafka, Topic
from producers.kafka_servers import read_servers
from producers.kafka_topic import KafkaTopic, TopicName
from schemas.envelope import Envelope
from schemas.probes import ProbeAnswered
from store import taps
from store.taps import TapState
from store.views import span
from tests.equipment.world import World, answered, new_id
from tests.services.kafka import Kafka
from tests.services.waiting import until

PARTITIONS = 3
ROW = "kafka:test"
PATIENCE_SECONDS = 60


def new_topic_name() -> str:
    """Return the name of a topic that there is not yet."""
    return f"test-{new_id()}"


def topic_of(url: str, name: str, *, seconds: float = 20) -> KafkaTopic:
    """Return the topic, not connected yet; a call may take so many seconds."""
    wanted = TopicName(name, PARTITIONS, 1)
    return KafkaTopic(read_servers(url), wanted, name="test", seconds=seconds)


def fill(world: World, count: int, *, subjects: int = 7, size: int = 0) -> Sequence[Envelope]:
    """Write so many events into the ledger, about a few subjects, some about none."""
    padding = b'"' + b"x" * size + b'"'
    events = [
        Envelope(
            id=new_id(),
            source="/tests",
            type=ProbeAnswered.TYPE,
            subject=f"subject {number % subjects}" if number % subjects else None,
            time=world.clock(),
            data=padding if size else b'{"number":%d}' % number,
        )
        for number in range(count)
    ]
    return world.accept(*events)


def tap_of(world: World, topic: Topic, *, process: str = "first") -> TapKafka:
    """Return a tap of the world's ledger, not started."""
    equipment = replace(world.equipment, process=process, lease=timedelta(seconds=30))
    return TapKafka(ROW, topic, equipment)


@contextmanager
def tapping(world: World, topic: Topic, *, process: str = "first") -> Iterator[TapKafka]:
    """Copy within the block."""
    tap = tap_of(world, topic, process=process)
    tap.start()
    try:
        yield tap
    finally:
        assert tap.stop(PATIENCE_SECONDS)


def state(world: World) -> TapState | None:
    """Return how far the tap says it is."""
    return taps.read(world.database).get(ROW)


def wait_until_copied(world: World, position: int) -> None:
    """Wait until the tap says that it is so far."""

    def is_there() -> bool:
        found = state(world)
        return found is not None and found.position >= position

    until(
        answered(is_there), seconds=PATIENCE_SECONDS, what=f"the tap to reach position {position}"
    )


def copy_all(world: World, kafka: Kafka, name: str, *, process: str = "first") -> None:
    """Copy all that is in the ledger now."""
    with tapping(world, topic_of(kafka.url, name), process=process):
        wait_until_copied(world, last_position(world))


def last_position(world: World) -> int:
    """Return that of the newest event."""
    return span(world.database).last
