"""Stream workers as processes, and a topic of events for them to count."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from producers.kafka_servers import read_servers
from producers.stream_reader import Row, StreamReader
from schemas.stream_tables import KEPT, TABLES, TOTALS, StreamTable
from store.errors import KafkaUnavailableError
from tests.command_line import ROOT
from tests.equipment.kafka_topics import make_topic
from tests.services.kafka import Kafka
from tests.services.waiting import until

PARTITIONS = 3
PATIENCE_SECONDS = 60
_ROUNDS = 10
_TOGETHER_SECONDS = 8
TROUBLE = ("Error in recovery", "Crashed reason", "Traceback")


@dataclass(frozen=True)
class Told:
    """One event, as the tap writes it."""

    position: int
    type: str
    partition: int
    at: datetime
    value: bytes = b"{}"

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        """What tells it from a record of anybody else."""
        said = {"type": self.type, "ledgerposition": str(self.position), "ledgerentry": "emitted"}
        return [(f"ce_{name}", text.encode()) for name, text in said.items()]


@dataclass
class Stream:
    """A topic, the workers that count it, and what they have to come to."""

    kafka: Kafka
    topic: str
    folder: Path
    sent: Counter[str] = field(default_factory=Counter[str])
    """Events by type."""
    workers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    round: int = 0
    drain_seconds: int = 40
    """How long a worker that is told to stop may take."""

    @property
    def application(self) -> str:
        """What the workers are called in Kafka; others in each round, who count for themselves."""
        return f"{self.topic}-streams-{self.round}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a worker."""
        return {
            "MUNIMENT_KAFKA_URL": self.kafka.url,
            "MUNIMENT_KAFKA_TOPIC": self.topic,
            "MUNIMENT_KAFKA_STREAMS": self.application,
            "MUNIMENT_DATA_DIR": str(self.folder / "data"),
            "MUNIMENT_LOG_LEVEL": "INFO",
            "MUNIMENT_DRAIN_SECONDS": str(self.drain_seconds),
        }

    def work(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a worker, whose log is `NAME.log`."""
        kept = {one: text for one, text in os.environ.items() if not one.startswith("MUNIMENT_")}
        with self.log(name).open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "ops", "streams", "run"],
                cwd=self.folder,
                env={**kept, **self.settings, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        self.workers[name] = worker
        return worker

    def work_together(self, *names: str) -> None:
        """Start workers that share the partitions.

        The broker lets a group together that joins within a third of a second, and nobody later:
        so they are held until all are ready, and a round that did not come together is given up.
        """
        for self.round in range(1, _ROUNDS + 1):
            for name in names:
                self.work(name)
            for name in names:
                ready = partial(self._is_ready, name)
                until(ready, seconds=PATIENCE_SECONDS, what=f"the start of {name}")
                self.workers[name].send_signal(signal.SIGSTOP)
            for name in names:
                self.workers[name].send_signal(signal.SIGCONT)
            try:
                until(
                    lambda: all(map(self.is_counting, names)), seconds=_TOGETHER_SECONDS, what="all"
                )
            except TimeoutError:
                for name in names:
                    self.workers[name].kill()
                    self.workers[name].wait()
            else:
                return
        raise AssertionError(f"{names} did not come together in {_ROUNDS} rounds")

    def log(self, name: str) -> Path:
        """Return where a worker's log is."""
        return self.folder / f"{name}.log"

    def is_counting(self, name: str) -> bool:
        """Whether a worker has been given a partition of the topic."""
        return re.search(rf"newly assigned.*{self.topic}'", self.log(name).read_text()) is not None

    def send(self, *events: Told, again: bool = False) -> None:
        """Have these in the topic; `again`: they were counted before."""
        asyncio.run(_send(self.kafka.address, self.topic, events))
        if not again:
            self.sent.update(event.type for event in events)

    def rows(self, table: StreamTable = TOTALS) -> Sequence[Row]:
        """Return all that is in a table, as a fresh reader sees it, once it can be read.

        The totals come first: what they have counted may not be in the windows yet.
        """
        reader = StreamReader(read_servers(self.kafka.url), self.application)

        def read() -> list[Sequence[Row]]:
            try:
                return [asyncio.run(reader.read(table, datetime.now(UTC) - KEPT))]
            except KafkaUnavailableError:
                return []

        return until(read, seconds=PATIENCE_SECONDS, what=f"a look at {table.name}")[0]

    def restart_until_all_are_with(self, name: str) -> None:
        """Restart the broker, at rest, until the worker that is left has all the partitions.

        When a worker leaves, this broker calls nobody to share anew; after a restart it does, now
        and then.
        """
        for _ in range(_ROUNDS):
            self.kafka.stop()
            self.kafka.start()
            with suppress(TimeoutError):
                until(lambda: self._has_all(name), seconds=_TOGETHER_SECONDS, what="all of them")
                return
        raise AssertionError(f"{name} has not taken over: {self.log(name).read_text()[-3000:]}")

    def wait_until_counted(self) -> None:
        """Wait until the totals are those of what was sent, no more and no fewer."""
        try:
            until(lambda: self._totals() == self.sent, seconds=PATIENCE_SECONDS, what="the totals")
        except TimeoutError as error:
            last = [self.log(name).read_text()[-1500:] for name in self.workers]
            raise AssertionError([self._totals(), self.sent, *last]) from error

    def supervise_until_counted(self, name: str) -> None:
        """Wait for the totals while a worker that ends is started again, as supervisors do.

        Once restarted, this broker knows nothing of what producers have sent, and may refuse what
        one sends next: the worker ends then.
        """

        def is_counted() -> bool:
            if self.workers[name].poll() is not None:
                self.work(name)
            return self._totals() == self.sent

        until(is_counted, seconds=2 * PATIENCE_SECONDS, what="the totals")

    def committed(self) -> dict[int, int]:
        """Return from where the group would go on, by partition."""
        found: dict[int, int] = {}
        with suppress(KafkaError):  # it does not answer now: nobody knows
            found = asyncio.run(_committed(self.kafka.address, self.application, self.topic))
        return dict.fromkeys(range(PARTITIONS), 0) | found

    def _has_all(self, name: str) -> bool:
        given = re.findall(r"newly assigned.*", self.log(name).read_text())
        wanted = [f"topic='{self.topic}', partition={number})" for number in range(PARTITIONS)]
        return bool(given) and all(one in given[-1] for one in wanted)

    def _is_ready(self, name: str) -> bool:
        return "counting" in self.log(name).read_text()

    def _totals(self) -> dict[str, int]:
        return {row.name: row.figures[0] for row in self.rows()}


@contextmanager
def streaming(kafka: Kafka, topic: str, folder: Path) -> Iterator[Stream]:
    """Yield a topic with no worker yet; in the end no log may tell of trouble."""
    make_topic(kafka, topic, PARTITIONS)
    stream = Stream(kafka, topic, folder)
    try:
        yield stream
    finally:
        for worker in stream.workers.values():
            worker.kill()
            worker.wait()
    for name in stream.workers:
        said = stream.log(name).read_text()
        assert not [text for text in TROUBLE if text in said], said[-4000:]


def end(worker: "subprocess.Popen[bytes]") -> int:
    """Tell a worker to stop, and return its exit code."""
    worker.terminate()
    return worker.wait(PATIENCE_SECONDS)


def listens(worker: "subprocess.Popen[bytes]") -> bool:
    """Whether a process listens on any port."""
    folder = Path(f"/proc/{worker.pid}")
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in (folder / "net" / name).read_text().splitlines()[1:]
    ]
    listening = {f"socket:[{line[9]}]" for line in lines if line[3] == "0A"}
    held = set()
    for one in (folder / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(str(one.readlink()))
    return bool(listening & held)


def events(
    first: int,
    count: int,
    types: Sequence[str],
    *,
    ago: timedelta = timedelta(),
    value: bytes = b"{}",
) -> list[Told]:
    """Return so many events in the order of the ledger, over all types and partitions."""
    at = datetime.now(UTC) - ago
    return [
        Told(position, types[position % len(types)], position * 7 % PARTITIONS, at, value)
        for position in range(first, first + count)
    ]


def sums(stream: Stream) -> dict[str, int]:
    """Return what the first figure of all rows adds up to, by table."""
    return {
        name: sum(row.figures[0] for row in stream.rows(table)) for name, table in TABLES.items()
    }


async def _send(address: str, topic: str, events: Sequence[Told]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=address, transactional_id=f"tests-{topic}")
    await producer.start()
    try:
        # Like the tap, in transactions: their ends take offsets that no record has.
        for begin in range(0, len(events), 20):
            async with producer.transaction():
                for event in events[begin : begin + 20]:
                    await producer.send(
                        topic,
                        event.value,
                        partition=event.partition,
                        timestamp_ms=int(event.at.timestamp() * 1000),
                        headers=event.headers,
                    )
    finally:
        await producer.stop()


async def _committed(address: str, group: str, topic: str) -> dict[int, int]:
    client = AIOKafkaAdminClient(bootstrap_servers=address)
    await client.start()
    try:
        found = await client.list_consumer_group_offsets(group)
    finally:
        await client.close()
    return {one.partition: told.offset for one, told in found.items() if one.topic == topic}
