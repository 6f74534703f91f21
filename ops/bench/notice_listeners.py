"""A subscriber to the notices of archived frames, in a process of its own."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from time import monotonic

from pika.adapters.blocking_connection import BlockingChannel
from pydantic_core import from_json

from ops.bench.processes import Child, child
from ops.bench.queues import connected, declare
from producers.brokers import Broker

QUEUE = "bench.notices"

_START_SECONDS = 30.0
_LOOK_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been announced since the last time."""

    times: Mapping[str, int]
    """How often a version was, by its digest."""
    ended: float
    """When the last was heard of that had not been before; monotonic."""


@contextmanager
def listening(broker: Broker, exchange: str) -> Iterator["Listener"]:
    """Listen for a block; the exchange has to be there."""
    with declare(broker, QUEUE):
        with connected(broker) as connection:
            connection.channel().queue_bind(QUEUE, exchange)
        with child("notices", _listen, broker) as process:
            process.hear(_START_SECONDS)
            yield Listener(process)


class Listener:
    """Hears every notice."""

    def __init__(self, process: Child) -> None:
        self._process = process

    def heard(self, versions: int) -> Heard:
        """Return what was announced since the last call, when it is so many versions, or late."""
        self._process.tell(versions)
        heard: Heard = self._process.hear(2 * _PATIENCE_SECONDS)
        return heard


def _listen(pipe: Connection, broker: Broker) -> None:
    with connected(broker) as connection:
        channel = connection.channel()
        ear = _Ear(channel)
        pipe.send(None)
        while True:
            connection.process_data_events(_LOOK_SECONDS)
            if not pipe.poll():
                continue
            wanted, deadline = pipe.recv(), monotonic() + _PATIENCE_SECONDS
            while len(ear.times) < wanted and monotonic() < deadline:
                connection.process_data_events(_LOOK_SECONDS)
            pipe.send(Heard(ear.times, ear.ended))
            ear.times = Counter()


class _Ear:
    def __init__(self, channel: BlockingChannel) -> None:
        self.times: Counter[str] = Counter()
        self.ended = 0.0
        channel.basic_consume(QUEUE, self._note, auto_ack=True)

    def _note(self, _: object, __: object, ___: object, body: bytes) -> None:
        for version in from_json(body)["version_set"]:
            if version["md5"] not in self.times:
                self.ended = monotonic()
            self.times[version["md5"]] += 1
