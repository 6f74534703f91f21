"""Sending to RabbitMQ: to the first of some servers that answers, with a window of confirms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

from amqp import AMQPError, NotFound
from kombu.exceptions import KombuError

from producers.amqp_connection import PublishingConnection
from producers.brokers import Broker
from producers.confirms import Confirms, Sending
from producers.ports import Fate
from store.errors import BrokerUnavailableError

WINDOW = 500
"""Messages that may be on their way at once; throughput grows up to about here."""


class DestinationError(BrokerUnavailableError):
    """The broker is there, as far as is known, but not what one of the messages is for."""


class AmqpSender:
    """Sends batches of messages, and says what the broker said of each. Connects when first used.

    `name` is what the management UI shows; `confirm_seconds` is how long the broker may be silent
    while messages wait for their confirmation. `on_connect` is shown every new connection before it
    is used; without it, what a message is for has to be there. Its methods raise
    BrokerUnavailableError; the next call connects anew. Belongs to one thread at a time.
    """

    def __init__(
        self,
        brokers: Sequence[Broker],
        name: str,
        *,
        confirm_seconds: float,
        on_connect: Callable[[PublishingConnection], None] | None = None,
    ) -> None:
        self._brokers = brokers
        self._next = cycle(brokers)
        self._name = name
        self._patience = confirm_seconds
        self._on_connect = on_connect
        self._connection: PublishingConnection | None = None
        self._confirms = Confirms((), 1)

    def send(self, batch: Sequence[Sending]) -> list[Fate]:
        """Send all, and return one fate each, in order, when the broker has answered for all."""
        with self._connected() as connection:
            confirms = self._confirms = Confirms(batch, connection.next_tag)
            for sent, one in enumerate(batch):
                if sent - confirms.known >= WINDOW:
                    connection.flush()
                    while sent - confirms.known > WINDOW // 2:
                        connection.wait()
                _publish(connection, one)
            connection.flush()
            while confirms.known < len(batch):
                connection.wait()
            return confirms.fates

    def drop(self, one: Sending) -> None:
        """Send a message that nobody waits for."""
        with self._connected() as connection:
            _publish(connection, one)
            connection.flush()

    def check(self) -> None:
        """Return when the broker would take messages."""
        with self._connected() as connection:
            connection.ask()

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.blocked is None:
            connection.close()
        else:
            connection.drop()

    # --- as the connection's listener -----------------------------------------------------------

    def confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as the wire has it
        """Note a basic.ack."""
        self._confirms.answer(tag, multiple=multiple, fate=Fate.CONFIRMED)

    def refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as above
        """Note a basic.nack."""
        self._confirms.answer(tag, multiple=multiple, fate=Fate.NACKED)

    def returned(self, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> None:
        """Note a basic.return."""
        self._confirms.returned(exchange, routing_key, headers)

    # --- connecting -----------------------------------------------------------------------------

    @contextmanager
    def _connected(self) -> Iterator[PublishingConnection]:
        connection = self._usable() or self._connect()
        try:
            yield connection
        except BrokerUnavailableError:
            # Blocked. Closing now would leave what the broker has not read yet to be published
            # when the alarm is over, once more with every attempt; `_usable` waits for that.
            raise
        except NotFound as error:
            self._drop()
            advice = "run `muniment topology apply`" if self._on_connect is None else "trying again"
            raise DestinationError(
                f"RabbitMQ at {connection.broker}: {_reason(error)}; {advice}"
            ) from error
        except TimeoutError as error:
            self._drop()
            raise DestinationError(
                f"RabbitMQ at {connection.broker} confirms nothing for {self._patience:g} s"
            ) from error
        except (AMQPError, KombuError, OSError) as error:
            self._drop()
            raise BrokerUnavailableError(
                f"RabbitMQ at {connection.broker}: {_reason(error)}"
            ) from error

    def _usable(self) -> PublishingConnection | None:
        """Return the connection if it has outlived the time since it was last used."""
        connection = self._connection
        if connection is None:
            return None
        try:
            connection.check()
        except (AMQPError, OSError):
            self._drop()
        else:
            if connection.was_blocked:
                # What it still carries belongs to a batch that has been given up.
                self._drop()
        return self._connection

    def _connect(self) -> PublishingConnection:
        problems = []
        for broker in islice(self._next, len(self._brokers)):
            try:
                self._connection = PublishingConnection(broker, self._name, self, self._patience)
                if self._on_connect is not None:
                    self._on_connect(self._connection)
            except (AMQPError, KombuError, OSError) as error:
                self._drop()
                problems.append(f"RabbitMQ at {broker}: {_reason(error)}")
            except BrokerUnavailableError as error:
                self._drop()
                problems.append(str(error))
            else:
                return self._connection
        raise BrokerUnavailableError("; ".join(problems))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.drop()


def _publish(connection: PublishingConnection, one: Sending) -> None:
    connection.publish(one.message(), one.exchange, one.routing_key, mandatory=one.mandatory)


def _reason(error: Exception) -> str:
    return str(getattr(error, "reply_text", None) or error or type(error).__name__)
