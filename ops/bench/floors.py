"""Laps through the floors."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial

import psycopg2

from consumers.answer_probe import CONSUMER
from ops.bench import floor_amqp, floor_sqlite
from ops.bench.laps import Lap, Tell, conserved
from ops.bench.meters import Meter, cpu_seconds, read, spent
from ops.bench.places import Place
from ops.bench.processes import Child, child
from ops.bench.queues import connected, declare, empty
from ops.bench.vhosts import broker_of
from ops.wiring import topology

NAME = "raw floor"

_START_SECONDS = 30.0
_LAP_SECONDS = 600.0


class AmqpFloor:
    """RabbitMQ and PostgreSQL, with nothing between them that is not needed."""

    name = NAME

    def __init__(self, place: Place) -> None:
        self._place = place
        self._broker = broker_of(place.settings.bus_url)

    @contextmanager
    def prepared(self) -> Iterator["AmqpFloor"]:
        """Have its queues and its table for a block; Muniment's exchanges have to be there."""
        with closing(psycopg2.connect(floor_amqp.dsn(self._place.settings.database))) as database:
            database.cursor().execute(floor_amqp.TABLE)
            database.commit()
        queues = topology(self._place.settings).queues
        ours = next(queue.arguments for queue in queues if queue.name == CONSUMER.name)
        with (
            declare(self._broker, floor_amqp.REQUESTS, ours),
            declare(self._broker, floor_amqp.ANSWERS),
        ):
            yield self

    def run(self, ids: Sequence[str], tell: Tell) -> Lap:
        """See Course."""
        settings = self._place.settings
        floor = floor_amqp.Floor(settings.bus_url, settings.database, ids)
        with ExitStack() as stack:
            # The consumer first: it has nothing to do until it says that it is ready.
            consumer = stack.enter_context(child("consumer", floor_amqp.consume, floor))
            publisher = stack.enter_context(child("publisher", floor_amqp.publish, floor))
            lap = _lap(self._place.servers, publisher, consumer, ids, self._seen)
        tell(len(ids))
        return lap

    def _seen(self) -> Counter[str]:
        with connected(self._broker) as connection:
            messages = empty(connection.channel(), floor_amqp.ANSWERS)
            return Counter(properties.message_id for properties, _ in messages)


class SqliteFloor:
    """One SQLite file."""

    name = NAME

    def __init__(self, place: Place) -> None:
        self._place = place
        self._path = place.settings.data_dir / "floor.db"

    @contextmanager
    def prepared(self) -> Iterator["SqliteFloor"]:
        """Have its file for a block."""
        floor_sqlite.create(self._path)
        yield self

    def run(self, ids: Sequence[str], tell: Tell) -> Lap:
        """See Course."""
        floor = floor_sqlite.Floor(self._path, ids)
        with ExitStack() as stack:
            consumer = stack.enter_context(child("consumer", floor_sqlite.consume, floor))
            publisher = stack.enter_context(child("publisher", floor_sqlite.publish, floor))
            lap = _lap(self._place.servers, publisher, consumer, ids, self._seen)
        tell(len(ids))
        return lap

    def _seen(self) -> Counter[str]:
        return Counter(floor_sqlite.take_answers(self._path))


def _lap(
    servers: Mapping[str, Meter],
    publisher: Child,
    consumer: Child,
    ids: Sequence[str],
    seen: Callable[[], Counter[str]],
) -> Lap:
    consumer.hear(_START_SECONDS)
    publisher.hear(_START_SECONDS)
    meters: dict[str, Meter] = {
        one.name: partial(cpu_seconds, one.pid) for one in (publisher, consumer)
    }
    meters.update(servers)
    before = read(meters)
    publisher.tell()
    started = publisher.hear(_START_SECONDS)
    ended = consumer.hear(_LAP_SECONDS)
    cpu = spent(before, read(meters))
    return Lap(len(ids), ended - started, cpu, *conserved(ids, seen()))
