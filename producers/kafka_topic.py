"""The topic that the ledger is copied to: what is sent to it is there once, whatever happens.

Two things make it so. Each batch is a transaction of a producer with a fixed transactional id: who
opens the topic anew has Kafka undo what was half sent, and refuse whoever sent before, even what
is still on its way. After that the last record of each partition is certain, and tells what need
not be sent again.

The library is asynchronous, and we are not. Its event loop is driven from here, for as long as a
call takes, by the one thread that calls: nothing asynchronous gets out of this module. Between two
calls the loop stands still, which the library takes well: it connects again when it has to.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from producers.kafka_ends import read_ends
from producers.kafka_records import Ends, Record
from producers.kafka_servers import KafkaServers, load
from store.errors import KafkaUnavailableError

T = TypeVar("T")

_SECONDS = 20.0
"""A call that takes longer has failed. Unlike the library, which goes on trying for ever."""
_CLOSING_SECONDS = 5.0
_EXISTS = 36
_LARGEST_RECORD = 16 * 1024**2
_CONFIG = {"retention.ms": "-1", "max.message.bytes": str(_LARGEST_RECORD)}
"""Of a topic that we make: the copy is whole, however old and however large an event is."""


@dataclass(frozen=True, slots=True)
class TopicName:
    """A topic, and how it is made where there is none."""

    name: str
    partitions: int
    """One that is there keeps its own number."""
    replicas: int


@dataclass
class _Open:
    producer: Any
    """aiokafka has no types."""
    partitions: int
    positions: dict[int, int]
    """Of the last record of each partition."""


class KafkaTopic:
    """Sends records of the ledger, in its order. Belongs to one thread from the first call on."""

    def __init__(
        self, servers: KafkaServers, topic: TopicName, *, name: str, seconds: float = _SECONDS
    ) -> None:
        """Connect when first used; `name` is what clients are called in the broker's log.

        Raises SetupError when the extra is not installed.
        """
        load("aiokafka")
        self._servers = servers
        self._topic = topic
        self._name = name
        self._seconds = seconds
        self._runner: asyncio.Runner | None = None
        self._open: _Open | None = None

    def open(self) -> Ends:
        """Begin anew, alone: return the last record of each partition.

        Makes the topic if there is none. Raises KafkaUnavailableError.
        """
        self.close()
        self._open, last = self._run(self._opened())
        return last

    def send(self, records: Sequence[Record]) -> int:
        """Have all of them in the topic, each once; return how many were not there yet.

        They come in the order of the ledger, from call to call. Raises KafkaUnavailableError: then
        nobody knows which of them are there, until it has been opened again.
        """
        if self._open is None:
            raise KafkaUnavailableError(f"the topic {self._topic.name} is not open")
        return self._run(self._sent(self._open, records))

    def ends(self) -> Ends:
        """Return the last record of each partition, while others may send.

        Raises KafkaUnavailableError.
        """
        return self._run(self._looked())

    def close(self) -> None:
        """Let go of the connections, if there are any."""
        if self._runner is None:
            return
        opened, self._open = self._open, None
        try:
            if opened is not None:
                with suppress(Exception):  # whatever it was about to do is over
                    self._runner.run(_within(_CLOSING_SECONDS, opened.producer.stop()))
        finally:
            self._runner.close()
            self._runner = None

    # --- on the loop ----------------------------------------------------------------------------

    async def _opened(self) -> tuple[_Open, Ends]:
        await self._make_topic()
        producer = load("aiokafka").AIOKafkaProducer(
            **self._servers.options(),
            client_id=self._name,
            transactional_id=f"muniment.tap.{self._topic.name}",
            acks="all",
            max_request_size=_LARGEST_RECORD,
            request_timeout_ms=int(self._seconds * 1000),
        )
        try:
            await producer.start()
            partitions = len(await producer.partitions_for(self._topic.name))
            last = await read_ends(self._servers, self._topic.name, partitions, self._name)
        except BaseException:
            with suppress(Exception):
                await _within(_CLOSING_SECONDS, producer.stop())
            raise
        positions = {number: one.position for number, one in last.items() if one}
        return _Open(producer, partitions, positions), last

    async def _sent(self, opened: _Open, records: Sequence[Record]) -> int:
        placed = [(one, one.partition(opened.partitions)) for one in records]
        new = [
            (one, place) for one, place in placed if one.position > opened.positions.get(place, 0)
        ]
        if not new:
            return 0
        # When this fails nothing is undone here, which could take for ever, but by who opens next.
        await opened.producer.begin_transaction()
        acknowledged = [await self._put(opened, one, place) for one, place in new]
        await asyncio.gather(*acknowledged)
        await opened.producer.commit_transaction()
        opened.positions |= {place: one.position for one, place in new}
        return len(new)

    async def _put(self, opened: _Open, record: Record, partition: int) -> Awaitable[object]:
        acknowledged: Awaitable[object] = await opened.producer.send(
            self._topic.name,
            record.value,
            key=record.key,
            partition=partition,
            timestamp_ms=record.milliseconds,
            headers=list(record.headers),
        )
        return acknowledged

    async def _looked(self) -> Ends:
        async with self._asking() as client:
            if self._topic.name not in await client.list_topics():
                return {}
            (told,) = await client.describe_topics([self._topic.name])
        return await read_ends(self._servers, self._topic.name, len(told["partitions"]), self._name)

    async def _make_topic(self) -> None:
        wanted = load("aiokafka.admin").NewTopic(
            self._topic.name, self._topic.partitions, self._topic.replicas, topic_configs=_CONFIG
        )
        async with self._asking() as client:
            if self._topic.name in await client.list_topics():
                return
            answer = await client.create_topics([wanted])
        for _, code, message in answer.topic_errors:
            if code not in {0, _EXISTS}:
                why = message or f"error {code}"
                told = f"the topic {self._topic.name} cannot be made: {why}; make it by hand"
                raise KafkaUnavailableError(told)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Any]:
        client = load("aiokafka.admin").AIOKafkaAdminClient(
            **self._servers.options(), client_id=self._name
        )
        try:
            await client.start()
            yield client
        finally:
            await client.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        if self._runner is None:
            self._runner = asyncio.Runner()
        kafka_error = load("aiokafka.errors").KafkaError
        try:
            return self._runner.run(_within(self._seconds, work))
        except (kafka_error, OSError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise KafkaUnavailableError(f"Kafka at {self._servers}: {reason}") from error


async def _within(seconds: float, work: Awaitable[T]) -> T:
    return await asyncio.wait_for(work, seconds)
