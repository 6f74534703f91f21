"""Reading the stream app's tables: the newest figure of each key, from their changelogs.

No worker is asked, so that it makes no difference where they run, or whether any does. What was
read is remembered; the next time only what has been written since is fetched.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from producers.kafka_servers import KafkaServers, load
from producers.stream_topics import count_partitions
from schemas.capabilities import CAPABILITIES
from schemas.stream_tables import TOTALS, StreamTable, name_of
from store.errors import KafkaUnavailableError

_SECONDS = 10.0
_CLOSING_SECONDS = 2.0
_WAIT_MS = 200

_Key = tuple[str, float | None]
"""A key, and the beginning of its window; None: the table has no windows."""
_PLAIN: TypeAdapter[str] = TypeAdapter(str)
_WINDOWED: TypeAdapter[tuple[str, tuple[float, float]]] = TypeAdapter(
    tuple[str, tuple[float, float]]
)
_FIGURE: TypeAdapter[list[int]] = TypeAdapter(list[int])
_LATEST = 253_402_300_800.0
"""The year 10000, which has no date."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one name, all partitions together."""

    name: str
    begin: datetime | None
    """Of its window; None: the table has none."""
    figures: tuple[int, ...]
    """Those of the table, in its order."""
    position: int
    """The last ledger position that was counted into it."""


@dataclass
class _Read:
    """How far a changelog has been read, and what it said."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    nexts: dict[int, int] = field(default_factory=dict)
    """The offset to go on from, by partition."""
    kept: dict[int, dict[_Key, list[int]]] = field(default_factory=dict)
    """The newest figures, by partition."""


class StreamReader:
    """Reads tables. Belongs to one event loop; holds no connection between two readings."""

    def __init__(
        self, servers: KafkaServers, application: str, *, seconds: float = _SECONDS
    ) -> None:
        """`application` is what the tables' topics begin with; one reading takes `seconds`."""
        self._servers = servers
        self._application = application
        self._seconds = seconds
        self._tables: dict[str, _Read] = {}

    async def read(self, table: StreamTable, first: datetime) -> Sequence[Row]:
        """Return the table's rows by window and name; none, when nothing has been counted yet.

        Of windows, those that begin at `first` or later, which should be no longer ago than `KEPT`.
        Raises KafkaUnavailableError when Kafka does not answer in time.
        """
        errors = load("aiokafka.errors")
        read = self._tables.setdefault(table.name, _Read())
        try:
            async with asyncio.timeout(self._seconds), read.lock:
                await self._catch_up(table, read)
                return await asyncio.to_thread(_rows, table, read, first.timestamp())
        except (errors.KafkaError, OSError, TimeoutError) as error:
            reason = str(error) or f"no answer within {self._seconds:g} s"
            raise KafkaUnavailableError(f"Kafka at {self._servers}: {reason}") from error

    async def _catch_up(self, table: StreamTable, read: _Read) -> None:
        topic = table.topic(self._application)
        aiokafka = load("aiokafka")
        count = await count_partitions(self._servers, topic)
        if not count:
            read.nexts.clear()
            read.kept.clear()
            return
        consumer = aiokafka.AIOKafkaConsumer(
            **self._servers.options(),
            client_id=self._application,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        try:
            await consumer.start()
            partitions = [aiokafka.TopicPartition(topic, number) for number in range(count)]
            await _follow(consumer, partitions, table, read)
        finally:
            with suppress(Exception):  # what it has told us is as good as it was
                await asyncio.wait_for(consumer.stop(), _CLOSING_SECONDS)


async def _follow(
    consumer: Any,  # noqa: ANN401 - it has no types
    partitions: Sequence[Any],
    table: StreamTable,
    read: _Read,
) -> None:
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    begins = await consumer.beginning_offsets(partitions)
    for one in partitions:
        begin = read.nexts.get(one.partition, 0)
        if begin > ends[one]:
            # Another topic of the same name: what the old one said is over.
            begin = 0
            read.kept.pop(one.partition, None)
        consumer.seek(one, max(begin, begins[one]))
    left = set(partitions)
    while left := {one for one in left if await consumer.position(one) < ends[one]}:
        for one, records in (await consumer.getmany(*left, timeout_ms=_WAIT_MS)).items():
            kept = read.kept.setdefault(one.partition, {})
            for record in records:
                _keep(table, kept, record.key, record.value)
    for one in partitions:
        read.nexts[one.partition] = await consumer.position(one)


def _keep(
    table: StreamTable, kept: dict[_Key, list[int]], key: bytes | None, value: bytes | None
) -> None:
    try:
        named, begin = _read_key(table, key or b"")
        figure = None if value is None else _FIGURE.validate_json(value)
    except ValidationError:
        return  # not written by the stream app
    if figure is None:
        kept.pop((named, begin), None)
    elif len(figure) == len(table.figures) + 1 and 0 <= (begin or 0) < _LATEST:
        old = kept.get((named, begin))
        # What a worker still says that has been taken for dead is older than what is here.
        if old is None or figure[-1] >= old[-1]:
            kept[named, begin] = figure


def _read_key(table: StreamTable, key: bytes) -> _Key:
    if table.size is None:
        return _PLAIN.validate_json(key), None
    named, (begin, _) = _WINDOWED.validate_json(key)
    return named, begin


def uses(totals: Sequence[Row]) -> dict[str, int]:
    """Return how often each capability was used, by name, from the rows of the totals."""
    place = TOTALS.figures.index("uses")
    found = {row.name: row.figures[place] for row in totals}
    return {
        name: sum(found.get(used, 0) for used in one.uses) for name, one in CAPABILITIES.items()
    }


def _rows(table: StreamTable, read: _Read, first: float) -> list[Row]:
    sums: dict[tuple[float, str], list[int]] = {}
    for kept in read.kept.values():
        for (key, begin), figure in kept.items():
            if begin is not None and begin < first:
                continue
            found = sums.setdefault((begin or 0.0, name_of(key)), [0] * len(figure))
            *counted, position = figure
            found[:-1] = [old + new for old, new in zip(found, counted, strict=False)]
            found[-1] = max(found[-1], position)
    return [
        Row(
            name,
            None if table.size is None else datetime.fromtimestamp(begin, UTC),
            tuple(figure[:-1]),
            figure[-1],
        )
        for (begin, name), figure in sorted(sums.items())
    ]
