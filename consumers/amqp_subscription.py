"""One subscription to one queue, on a thread of its own, built again after every loss.

The thread only does I/O, so that no work, however long, starves the heartbeats. After a loss the
whole is built again from what is known here: connection (to the next of the servers), channel,
prefetch, passive declaration, consumer. All methods with an underscore run on that thread.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from threading import Lock, Thread
from typing import Literal, NamedTuple, Protocol

from pika import BasicProperties, SelectConnection
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.connection import Connection
from pika.exceptions import ChannelClosedByBroker
from pika.frame import Method
from pika.spec import Basic, Queue

from consumers.amqp_parameters import parameters
from consumers.amqp_tags import Unfinished
from producers.brokers import Broker

_SHORTEST_PAUSE = 0.2
_LONGEST_PAUSE = 5.0
_GOODBYE_SECONDS = 2.0
_NOT_FOUND = 404
_log = logging.getLogger(__name__)


class Incoming(NamedTuple):
    """One message as it came, not looked at yet."""

    connection: int
    """Counts the channels of a subscription: delivery tags begin anew on each."""
    tag: int
    redelivered: bool
    properties: BasicProperties
    body: bytes


class Listener(Protocol):
    """Whom a subscription serves. Called on its thread; must be quick and never raise."""

    def arrived(self, message: Incoming) -> None:
        """A message is here, to be finished by its tag."""
        ...

    def lost(self, reason: str) -> None:
        """Nothing comes for now; whatever has come and is not finished will come again."""
        ...


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What the broker, and its management UI, is told about who subscribes."""

    queue: str
    name: str
    """Of the connection."""
    consumer_tag: str
    window: int
    """Deliveries that may be unfinished at once."""


class Subscription:
    """Delivers to its listener from `start` to `close`, with pauses while there is no broker."""

    def __init__(
        self,
        brokers: Sequence[Broker],
        subscriber: Subscriber,
        listener: Listener,
        jitter: Callable[[], float],
    ) -> None:
        self.connected = False
        """Whether deliveries can come right now, if they are wanted."""
        self._subscriber = subscriber
        self._listener = listener
        self._jitter = jitter
        self._rotation = cycle(brokers)
        self._starting = Lock()
        self._loop: IOLoop | None = None
        self._thread: Thread | None = None
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self._channels = 0
        self._unfinished = Unfinished()
        self._failures = 0
        self._wanted = True
        self._consuming: Literal["no", "starting", "yes", "stopping"] = "no"
        self._draining = False
        self._closing = False

    def start(self) -> None:
        """Begin, unless that has been done."""
        with self._starting:
            if self._thread is None and not self._closing:
                self._loop = IOLoop()
                self._loop.add_callback_threadsafe(self._connect)
                name = f"{self._subscriber.queue} connection"
                self._thread = Thread(target=self._run, args=(self._loop,), name=name, daemon=True)
                self._thread.start()

    def finish(self, connection: int, tags: Collection[int], *, requeue: bool = False) -> None:
        """Acknowledge the deliveries, or hand them back to be delivered again to anybody.

        Soon, in the order of calls; in vain when their channel is gone, since with it the broker
        has taken them back.
        """
        self._post(partial(self._finish, connection, tags, requeue=requeue))

    def want(self, *, deliveries: bool) -> None:
        """Get nothing new for a while, or go on; what has been delivered can still be finished."""
        self._post(partial(self._want, deliveries=deliveries))

    def cancel(self) -> None:
        """Get nothing new ever; what has been delivered can still be finished."""
        self._post(self._cancel)

    def close(self) -> None:
        """Send what is to be sent, say goodbye, end the thread."""
        with self._starting:
            self._closing = True
        self._post(self._close)
        if self._thread is not None:
            self._thread.join()

    def _post(self, callback: Callable[[], None]) -> None:
        if self._loop is not None:
            self._loop.add_callback_threadsafe(callback)

    def _run(self, loop: IOLoop) -> None:
        try:
            loop.start()
        except AssertionError:
            # pika's, where a connection is lost in the moment in which it is given up half-made.
            if not self._closing:
                raise
            _log.debug("%s: the connection ended while it was made", self._subscriber.queue)
        finally:
            self._lose("the thread of the connection has ended")
            loop.close()

    # --- connection -----------------------------------------------------------------------------

    def _connect(self) -> None:
        broker = next(self._rotation)
        try:
            given = parameters(broker, self._subscriber.name)
        except OSError as error:
            self._lose(f"RabbitMQ at {broker}: cannot use its certificate files: {error}")
            self._later(self._connect)
            return
        self._connection = SelectConnection(
            given,
            on_open_callback=self._open_channel,
            on_open_error_callback=partial(self._disconnected, broker),
            on_close_callback=partial(self._disconnected, broker),
            custom_ioloop=self._loop,
        )

    def _disconnected(self, broker: Broker, _: Connection, error: BaseException) -> None:
        self._lose(f"RabbitMQ at {broker}: {_reason(error)}")
        self._later(self._connect)

    def _later(self, callback: Callable[[], None]) -> None:
        if self._loop is None or self._closing:
            return
        pause = min(_LONGEST_PAUSE, _SHORTEST_PAUSE * 2 ** min(self._failures, 10))
        self._failures += 1
        self._loop.call_later(pause * (0.5 + 0.5 * self._jitter()), callback)

    def _lose(self, reason: str) -> None:
        self.connected = False
        self._consuming = "no"
        self._channel = None
        if not self._closing:
            # Later failures of the same outage are the same news.
            level = logging.DEBUG if self._failures else logging.WARNING
            _log.log(level, "%s: no deliveries for now: %s", self._subscriber.queue, reason)
        self._listener.lost(reason)

    # --- channel --------------------------------------------------------------------------------

    def _open_channel(self, connection: Connection) -> None:
        if connection.is_open:
            connection.channel(on_open_callback=self._prepare)

    def _prepare(self, channel: Channel) -> None:
        self._channels += 1
        self._unfinished = Unfinished()
        self._channel = channel
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_cancel_callback(self._cancelled)
        channel.basic_qos(prefetch_count=self._subscriber.window)
        channel.queue_declare(self._subscriber.queue, passive=True, callback=self._consume)

    def _consume(self, _: Method[Queue.DeclareOk]) -> None:
        self._adjust()

    def _want(self, *, deliveries: bool) -> None:
        self._wanted = deliveries
        if self.connected:
            self._adjust()

    def _adjust(self) -> None:
        """Consume, or stop that; one at a time, each once the broker has answered the other."""
        wanted = self._wanted and not self._draining
        if self._channel is None or not self._channel.is_open:
            return
        if wanted and self._consuming == "no":
            self._consuming = "starting"
            self._channel.basic_consume(
                self._subscriber.queue,
                self._deliver,
                consumer_tag=self._subscriber.consumer_tag,
                callback=self._established,
            )
        elif not wanted and self._consuming == "yes":
            self._consuming = "stopping"
            self._channel.basic_cancel(self._subscriber.consumer_tag, callback=self._stopped)

    def _established(self, _: Method[Basic.ConsumeOk]) -> None:
        self._consuming = "yes"
        self.connected = True
        if self._failures:
            _log.warning("%s: deliveries come again", self._subscriber.queue)
        self._failures = 0
        self._adjust()

    def _stopped(self, _: Method[Basic.CancelOk]) -> None:
        self._consuming = "no"
        # pika forgets our tag only after this callback, and until then lets nobody use it.
        self._post(self._adjust)

    def _channel_closed(self, channel: Channel, error: BaseException) -> None:
        connection = channel.connection
        if not connection.is_open:
            return  # the connection is lost or closing, and says so itself
        reason = f"queue {self._subscriber.queue!r}: {_reason(error)}"
        if isinstance(error, ChannelClosedByBroker) and error.reply_code == _NOT_FOUND:
            reason += "; run `muniment topology apply`"
        self._lose(reason)
        self._later(partial(self._open_channel, connection))

    def _cancelled(self, _: Method[Basic.Cancel]) -> None:
        """The broker has cancelled us: the queue was deleted, or has moved to another server."""
        if self._channel is not None and self._channel.is_open:
            self._channel.close(reply_text="the broker cancelled the consumer")

    # --- deliveries -----------------------------------------------------------------------------

    def _deliver(
        self, _: Channel, method: Basic.Deliver, properties: BasicProperties, body: bytes
    ) -> None:
        tag = method.delivery_tag
        self._unfinished.add(tag)
        self._listener.arrived(Incoming(self._channels, tag, method.redelivered, properties, body))

    def _finish(self, connection: int, tags: Collection[int], *, requeue: bool) -> None:
        channel = self._channel
        if channel is None or connection != self._channels or not channel.is_open:
            return
        for tag, multiple in self._unfinished.finish(tags):
            if requeue:
                channel.basic_nack(tag, multiple=multiple, requeue=True)
            else:
                channel.basic_ack(tag, multiple=multiple)

    def _cancel(self) -> None:
        self._draining = True
        self._adjust()

    def _close(self) -> None:
        loop, connection = self._loop, self._connection
        if loop is None:
            return
        if connection is None or connection.is_closed:
            loop.stop()
            return
        connection.add_on_close_callback(lambda *_: loop.stop())
        connection.add_on_open_error_callback(lambda *_: loop.stop())
        loop.call_later(_GOODBYE_SECONDS, loop.stop)
        if not connection.is_closing:
            connection.close()


def _reason(error: BaseException) -> str:
    """Return what really happened: pika wraps a refused connection four times."""
    inner: object = error
    while isinstance(inner, BaseException):
        error = inner
        tried = getattr(error, "exceptions", None) or error.args
        inner = getattr(error, "exception", None) or next(iter(tried), None)
    return str(getattr(error, "reply_text", None) or error or type(error).__name__)
