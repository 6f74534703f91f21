"""What is in a Kafka topic, read by the plainest consumer that there is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.structs import ConsumerRecord

from store.database import Database
from store.views import Recorded, events_after
from tests.services.kafka import Kafka

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """One record, as it was read."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    milliseconds: int

    @property
    def header(self) -> dict[str, str]:
        """The headers as text."""
        return {name: value.decode() for name, value in self.headers}

    @property
    def position(self) -> int:
        """What it says of its place in the ledger."""
        return int(self.header["ce_ledgerposition"])


def read_topic(kafka: Kafka, topic: str, *, committed: bool = True) -> list[Seen]:
    """Return what is in the topic, partition by partition, in order; or what has ever been."""
    isolation = "read_committed" if committed else "read_uncommitted"
    return asyncio.run(asyncio.wait_for(_read(kafka.address, topic, isolation), _SECONDS))


def make_topic(kafka: Kafka, topic: str, partitions: int) -> None:
    """Make a topic as an operator might."""
    asyncio.run(asyncio.wait_for(_make(kafka.address, topic, partitions), _SECONDS))


def delete_topic(kafka: Kafka, topic: str) -> None:
    """Delete a topic with all that is in it."""
    asyncio.run(asyncio.wait_for(_delete(kafka.address, topic), _SECONDS))


def check_whole(kafka: Kafka, topic: str, database: Database) -> list[Seen]:
    """See that the topic holds every event of the ledger once, in order; return its records."""
    seen = read_topic(kafka, topic)
    for _, records in groupby(seen, attrgetter("partition")):
        positions = [one.position for one in records]
        assert positions == sorted(set(positions))
    ledger = whole_ledger(database)
    said = sorted((one.position, one.header["ce_id"], one.value) for one in seen)
    assert said == [(one.position, one.envelope.id, one.envelope.data) for one in ledger]
    return seen


def whole_ledger(database: Database) -> Sequence[Recorded]:
    """Return every event, in order."""
    return events_after(database, 0, 1_000_000).events


async def _read(address: str, topic: str, isolation: str) -> list[Seen]:
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    try:
        if topic not in await client.list_topics():
            return []
        (told,) = await client.describe_topics([topic])
    finally:
        await client.close()
    found: list[Seen] = []
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level=isolation,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, one) for one in range(len(told["partitions"]))]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        for one in partitions:
            while await consumer.position(one) < ends[one]:
                records = (await consumer.getmany(one, timeout_ms=200)).get(one, ())
                found += [_seen(record) for record in records]
    finally:
        await consumer.stop()
    return found


def _seen(record: ConsumerRecord) -> Seen:
    return Seen(
        record.partition,
        record.offset,
        record.key,
        record.value,
        tuple(record.headers),
        record.timestamp,
    )


async def _make(address: str, topic: str, partitions: int) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    try:
        await client.create_topics([NewTopic(topic, partitions, 1)])
    finally:
        await client.close()


async def _delete(address: str, topic: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    try:
        await client.delete_topics([topic])
    finally:
        await client.close()
