"""What stands last in each partition of a topic."""

from typing import Any

from producers.kafka_records import NOTHING, Last, last_of
from producers.kafka_servers import KafkaServers, load

_LOOKS = (2, 64, 2048, 65_536)
"""So many offsets from the end is looked for a record, more each time. Not every offset has one:
the ends of transactions take offsets, too, and so does what was sent and then undone."""
_WAIT_MS = 50


async def read_ends(
    servers: KafkaServers, topic: str, partitions: int, name: str
) -> dict[int, Last | None]:
    """Return the last record of ours in each of the partitions, as committed."""
    aiokafka = load("aiokafka")
    consumer = aiokafka.AIOKafkaConsumer(
        **servers.options(),
        client_id=name,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    found: dict[int, Last | None] = {}
    try:
        await consumer.start()
        all_of_them = [aiokafka.TopicPartition(topic, number) for number in range(partitions)]
        consumer.assign(all_of_them)
        begins = await consumer.beginning_offsets(all_of_them)
        ends = await consumer.end_offsets(all_of_them)
        for one in all_of_them:
            last = await _last(consumer, one, begins[one], ends[one])
            found[one.partition] = last or (None if begins[one] else NOTHING)
    finally:
        await consumer.stop()
    return found


async def _last(consumer: Any, partition: Any, begin: int, end: int) -> Last | None:  # noqa: ANN401
    for look in (*_LOOKS, end):
        first = max(begin, end - look)
        consumer.seek(partition, first)
        found = None
        while await consumer.position(partition) < end:
            batch = await consumer.getmany(partition, timeout_ms=_WAIT_MS)
            for record in batch.get(partition, ()):
                found = last_of(record.headers) or found
        if found is not None or first == begin:
            return found
    return None
