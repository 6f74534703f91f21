"""One connection to RabbitMQ that publishes: py-amqp under kombu, with confirms.

No heartbeats: between two batches nobody is there to send them. TCP keepalive, which py-amqp
switches on, holds an idle connection; one that broke meanwhile is noticed before it is used.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from select import POLLIN, POLLOUT, poll
from time import monotonic
from typing import Any, Protocol

from amqp import Message, spec
from amqp.method_framing import frame_handler, frame_writer
from amqp.serialization import loads
from kombu.connection import Connection

from producers.brokers import Broker, client_properties
from store.errors import BrokerUnavailableError

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5
_NOBODY = "muniment.nobody"


class Listener(Protocol):
    """Hears what the broker says of published messages."""

    def confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as the wire has it
        """The broker has taken responsibility for one message, or for all up to it."""
        ...

    def refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001
        """The broker could not take one message, or all up to it."""
        ...

    def returned(self, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> None:
        """No queue is bound for a mandatory message; its confirmation follows."""
        ...


class PublishingConnection:
    """A connection with one channel in confirm mode; connects when made, and tries that mode.

    Whatever the libraries raise (`amqp.AMQPError`, `OSError`) means that it is of no use any more.
    Raises BrokerUnavailableError when confirms are not in force, or when an alarm blocks it; then
    `blocked` says why, until it is over. Belongs to one thread at a time.
    """

    def __init__(self, broker: Broker, name: str, listener: Listener, patience: float) -> None:
        self.broker = broker
        self.blocked: str | None = None
        self.was_blocked = False
        self.next_tag = 1
        """The delivery tag that the next message will have."""
        self._patience = patience
        self._kombu = connect(
            broker, name, patience, frame_handler=self._hear, frame_writer=self._gather
        )
        # From here on the bare connection: kombu's would reconnect by itself, without our channel.
        self._connection: Any = self._kombu.connection
        self._answered = 0
        sock = self._connection.sock
        self._pending: Callable[[], int] = getattr(sock, "pending", int)
        self._poll = poll()
        self._poll.register(sock, POLLIN | POLLOUT)
        try:
            self._channel = self._open_channel(listener)
            self._prove_confirms()
        except BaseException:
            self.drop()
            raise

    def publish(self, message: Message, exchange: str, key: str, *, mandatory: bool) -> None:
        """Publish one message, now or with the next `flush`."""
        # Not `Channel.basic_publish`: before every message it reads the socket for alarms, by way
        # of two system calls and an exception; `_write` looks once per chunk. Together with the
        # gathering this halves the time of a publish.
        with self._outgoing.gathering():
            self._channel.send_method(
                spec.Basic.Publish, "Bssbb", (0, exchange, key, mandatory, False), message
            )
        self.next_tag += 1
        if len(self._outgoing.waiting) >= _CHUNK:
            self.flush()

    def declare_fanout(self, exchange: str) -> None:
        """See that there is a durable fanout exchange of this name, and that it is one."""
        self._channel.exchange_declare(exchange, "fanout", durable=True, auto_delete=False)

    def flush(self) -> None:
        """Write what has been gathered, as soon as the broker takes it."""
        if not self._outgoing.waiting:
            return
        deadline = monotonic() + self._patience
        # A broker under an alarm stops reading: looking before writing is what tells it from one
        # that is slow, and keeps this thread from hanging in the write.
        while not self._ready(deadline) & POLLOUT:
            pass
        self._outgoing.flush()

    def check(self) -> None:
        """Hear what the broker has said meanwhile, without waiting."""
        while self._pending() or self._polled(0) & ~POLLOUT:
            try:
                self._connection.drain_events(timeout=0)
            except TimeoutError:
                break
        self._raise_if_blocked()

    def ask(self) -> None:
        """Return once the broker has confirmed a message that goes nowhere.

        Only who publishes is told of an alarm, and only a confirmation shows that there are any.
        """
        asked = self.next_tag
        self.publish(Message(b""), "", _NOBODY, mandatory=False)
        self.flush()
        while self._answered < asked:
            self.wait()

    def wait(self) -> None:
        """Hear the next thing the broker says, confirmation or other."""
        self._connection.drain_events()
        self._raise_if_blocked()

    def close(self) -> None:
        """Say goodbye, unless the connection is broken."""
        self._kombu.release()

    def drop(self) -> None:
        """Let go of the connection without a word."""
        self._kombu.collect()

    def _open_channel(self, listener: Listener) -> Any:  # noqa: ANN401 - py-amqp is not typed
        channel = self._connection.channel()
        channel.events["basic_ack"].add(self._note)
        channel.events["basic_ack"].add(listener.confirmed)
        channel.events["basic_nack"].add(listener.refused)
        channel.events["basic_return"].add(
            lambda _error, exchange, key, message: listener.returned(exchange, key, message.headers)
        )
        channel.confirm_select()
        return channel

    def _prove_confirms(self) -> None:
        try:
            self.ask()
        except TimeoutError as error:
            raise BrokerUnavailableError(
                f"RabbitMQ at {self.broker} confirms nothing on a new channel within "
                f"{self._patience:g} s: confirms are not in force, so nothing is published"
            ) from error

    def _note(self, tag: int, multiple: bool) -> None:  # noqa: ARG002, FBT001 - as the wire has it
        self._answered = max(self._answered, tag)

    def _ready(self, deadline: float) -> int:
        self.check()
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return self._polled(left)

    def _polled(self, seconds: float) -> int:
        return next((events for _, events in self._poll.poll(seconds * 1000)), 0)

    def _raise_if_blocked(self) -> None:
        if self.blocked is not None:
            raise BrokerUnavailableError(
                f"RabbitMQ at {self.broker} takes no messages, an alarm is on: {self.blocked}"
            )

    def _gather(self, connection: Any, transport: Any) -> Any:  # noqa: ANN401
        self._outgoing = _Outgoing(transport)
        return frame_writer(connection, self._outgoing)

    def _hear(self, connection: Any, callback: Callable[..., None]) -> Any:  # noqa: ANN401
        # py-amqp hears of alarms, but drops their reason.
        def heard(channel: int, method: tuple[int, int], payload: bytes, content: object) -> None:
            if method == spec.Connection.Blocked:
                (self.blocked,), _ = loads("s", payload, 4)
                self.was_blocked = True
            elif method == spec.Connection.Unblocked:
                self.blocked = None
            callback(channel, method, payload, content)

        return frame_handler(connection, heard)


class _Outgoing:
    """Where py-amqp writes its frames to: many small frames become one write."""

    def __init__(self, transport: Any) -> None:  # noqa: ANN401
        self._transport = transport
        self.waiting = bytearray()
        self._gathers = False

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Keep the frames written within the block for later."""
        self._gathers = True
        try:
            yield
        finally:
            self._gathers = False

    def write(self, frames: memoryview) -> None:
        """Take frames; write them at once unless they are being gathered."""
        self.waiting += frames
        if not self._gathers:
            self.flush()

    def flush(self) -> None:
        """Write everything."""
        waiting, self.waiting = self.waiting, bytearray()
        self._transport.write(waiting)


def connect(
    broker: Broker, name: str, patience: float, *, heartbeat: int = 0, **options: object
) -> Any:  # noqa: ANN401
    """Return an open kombu connection, on which nothing waits for longer than `patience` seconds.

    `options` go to py-amqp. Raises `amqp.AMQPError`, `KombuError` or `OSError`.
    """
    connect_with: Any = Connection  # kombu's types are too incomplete for mypy
    connection = connect_with(
        hostname=f"[{broker.host}]" if ":" in broker.host else broker.host,
        port=broker.port,
        userid=broker.user,
        password=broker.password,
        virtual_host=broker.vhost,
        transport="pyamqp",
        connect_timeout=_CONNECT_SECONDS,
        heartbeat=heartbeat,
        ssl=broker.tls and _tls(broker),
        transport_options={"client_properties": client_properties(name), **options},
    )
    connection.ensure_connection(max_retries=0)
    connection.connection.sock.settimeout(patience)
    return connection


def _tls(broker: Broker) -> dict[str, object]:
    files = {
        "ca_certs": broker.cacertfile,
        "certfile": broker.certfile,
        "keyfile": broker.keyfile,
    }
    # Without `server_hostname` py-amqp would accept a certificate of any host.
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": broker.host, **files}
