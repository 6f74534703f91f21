"""The floor on RabbitMQ and PostgreSQL: the least that can be done for the same durable outcome.

One process publishes, at most 500 unconfirmed, into a queue with the arguments of ours; another
inserts the rows 200 at a time, publishes one follow-on each without waiting for their confirms,
and acknowledges with `multiple` once they are confirmed. No HTTP, no envelope, no ledger, no
validation, and nothing that would keep a repetition harmless.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

import psycopg2
from pika import BasicProperties, SelectConnection
from pika.channel import Channel
from pika.connection import Connection as AmqpConnection
from pika.frame import Method
from pika.spec import Basic
from psycopg2.extras import execute_values
from sqlalchemy import make_url

from consumers.amqp_parameters import parameters
from ops.bench.posting import data_of
from ops.bench.processes import wait_for_end
from ops.bench.queues import properties
from producers.brokers import read_brokers
from schemas.envelope import JSON

REQUESTS, ANSWERS = "floor.requests", "floor.answers"
TABLE = (
    "CREATE TABLE floor (key text PRIMARY KEY, type text NOT NULL, "
    "recorded_at timestamptz NOT NULL, data text NOT NULL)"
)

_WINDOW = 500
_ROWS = 200
_GATHER_SECONDS = 0.005
_INSERT = "INSERT INTO floor (key, type, recorded_at, data) VALUES %s"


@dataclass(frozen=True, slots=True)
class Floor:
    """What either process has to know."""

    amqp_url: str
    database_url: str
    ids: Sequence[str]


def publish(pipe: Connection, floor: Floor) -> None:
    """Publish every event, and say when the first was published."""
    _Publisher(pipe, floor).run()
    wait_for_end(pipe)


def consume(pipe: Connection, floor: Floor) -> None:
    """Handle every event, and say when the last follow-on was confirmed."""
    with closing(psycopg2.connect(dsn(floor.database_url))) as database:
        _Consumer(pipe, floor, database).run()
    wait_for_end(pipe)


def dsn(database_url: str) -> str:
    """Return what psycopg2 calls the database at a SQLAlchemy URL."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)


class _Window:
    """Tags that the broker has not confirmed, in order."""

    def __init__(self) -> None:
        self._tags: deque[int] = deque()
        self._last = 0
        self._early: set[int] = set()

    def __len__(self) -> int:
        return len(self._tags) - len(self._early)

    @property
    def oldest(self) -> int:
        return self._tags[0] if self._tags else self._last + 1

    def add(self) -> int:
        self._last += 1
        self._tags.append(self._last)
        return self._last

    def confirm(self, frame: Method[Any]) -> None:
        if not isinstance(frame.method, Basic.Ack):
            raise TypeError(f"the broker refuses a message: {frame.method}")
        tag = frame.method.delivery_tag
        if not frame.method.multiple:
            self._early.add(tag)
        while self._tags and (
            self._tags[0] in self._early or (frame.method.multiple and self._tags[0] <= tag)
        ):
            self._early.discard(self._tags.popleft())


class _Peer:
    """A connection with one channel in confirm mode."""

    def __init__(self, pipe: Connection, floor: Floor) -> None:
        self.pipe = pipe
        self.ids = floor.ids
        self.window = _Window()
        self.channel: Any = None
        self.connection = SelectConnection(
            parameters(read_brokers(floor.amqp_url)[0], "bench floor"),
            on_open_callback=self._connected,
            on_open_error_callback=lambda _, error: self._failed(error),
            on_close_callback=lambda *_: self.connection.ioloop.stop(),
        )

    def run(self) -> None:
        self.connection.ioloop.start()

    def ready(self) -> None:
        """Is called once the channel confirms."""
        raise NotImplementedError

    def confirmed(self) -> None:
        """Is called after every confirmation."""
        raise NotImplementedError

    def publish(self, queue: str, key: str, body: bytes) -> int:
        self.channel.basic_publish(
            "", queue, body, properties(content_type=JSON, delivery_mode=2, message_id=key)
        )
        return self.window.add()

    def _connected(self, connection: AmqpConnection) -> None:
        connection.channel(on_open_callback=self._opened)

    def _opened(self, channel: Channel) -> None:
        self.channel = channel
        channel.confirm_delivery(self._confirmed, callback=lambda _: self.ready())

    def _confirmed(self, frame: Method[Any]) -> None:
        self.window.confirm(frame)
        self.confirmed()

    def _failed(self, error: object) -> None:
        raise ConnectionError(f"no connection to RabbitMQ: {error}")


class _Publisher(_Peer):
    def ready(self) -> None:
        self._bodies = [(key, data_of(key)) for key in self.ids]
        self._sent = 0
        self.pipe.send(None)
        self.pipe.recv()
        self.pipe.send(monotonic())
        self.confirmed()

    def confirmed(self) -> None:
        while self._sent < len(self._bodies) and len(self.window) < _WINDOW:
            self.publish(REQUESTS, *self._bodies[self._sent])
            self._sent += 1
        if self._sent == len(self._bodies) and not self.window:
            self.connection.close()


class _Consumer(_Peer):
    def __init__(self, pipe: Connection, floor: Floor, database: Any) -> None:  # noqa: ANN401 - psycopg2 is imported here alone
        super().__init__(pipe, floor)
        self._database = database
        self._taken: list[tuple[int, str, bytes]] = []
        self._timer: object = None
        self._unacknowledged: deque[tuple[int, int]] = deque()
        self._finished = 0

    def ready(self) -> None:
        self.channel.basic_qos(prefetch_count=2 * _WINDOW)
        self.channel.basic_consume(
            REQUESTS, self._delivered, callback=lambda _: self.pipe.send(None)
        )

    def _delivered(
        self, _: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        self._taken.append((method.delivery_tag, properties.message_id, body))
        if len(self._taken) == _ROWS:
            self._work()
        elif self._timer is None:
            self._timer = self.connection.ioloop.call_later(_GATHER_SECONDS, self._work)

    def _work(self) -> None:
        if self._timer is not None:
            self.connection.ioloop.remove_timeout(self._timer)
            self._timer = None
        taken, self._taken = self._taken, []
        if not taken:
            return
        now = datetime.now(UTC)
        rows = [(key, REQUESTS, now, body.decode()) for _, key, body in taken]
        with self._database, self._database.cursor() as cursor:
            execute_values(cursor, _INSERT, rows, page_size=_ROWS)
        for _, key, _ in taken:
            last = self.publish(ANSWERS, key, b'{"probe":"%b","position":1}' % key.encode())
        self._unacknowledged.append((last, taken[-1][0]))
        self._finished += len(taken)

    def confirmed(self) -> None:
        while self._unacknowledged and self.window.oldest > self._unacknowledged[0][0]:
            self.channel.basic_ack(self._unacknowledged.popleft()[1], multiple=True)
        if self._finished == len(self.ids) and not self.window:
            self.pipe.send(monotonic())
            self.connection.close()
