"""Notices of archived frames: on a broker's fanout exchange, or where nobody is to be told.

A message has the properties that the OCS Science Archive 2.7 gives it, and a `message_id` as well.
"""

from collections.abc import Sequence
from functools import partial
from threading import Lock
from time import monotonic

from amqp import Message

from producers.amqp_connection import PublishingConnection
from producers.amqp_sending import AmqpSender
from producers.brokers import read_brokers
from producers.confirms import Sending
from producers.ports import Fate
from schemas.envelope import JSON
from store.errors import BrokerUnavailableError, NoticesUnavailableError
from store.notice_ports import Notice

SETTING = "MUNIMENT_NOTICE_AMQP_URL"

_CONFIRM_SECONDS = 10.0
_PAUSE_SECONDS = 30.0
"""After a refusal: whatever is published meanwhile, all other subscribers would get once more."""
_PERSISTENT = 2
_ANY_KEY = ""
"""A fanout exchange does not look at routing keys."""


class AmqpNotices:
    """Publishes notices; satisfies `store.notice_ports.Notices`. Connects when first used.

    `declares` is whether it makes the exchange itself, and sees at every connection that it is
    there; else the topology does. Safe to use from many threads, which wait for one another.
    """

    def __init__(
        self,
        url: str,
        exchange: str,
        name: str,
        *,
        declares: bool,
        confirm_seconds: float = _CONFIRM_SECONDS,
    ) -> None:
        self._exchange = exchange
        self._sender = AmqpSender(
            read_brokers(url, SETTING),
            name,
            confirm_seconds=confirm_seconds,
            on_connect=self._declare if declares else None,
        )
        self._lock = Lock()
        self._refused_until = 0.0

    def publish(self, notices: Sequence[Notice]) -> None:
        """Publish all, in order; see the port.

        A queue that is full and refuses (`x-overflow: reject-publish`) holds up all notices: its
        owner wants to lose none.
        """
        batch = [Sending(self._exchange, _ANY_KEY, partial(_message, one)) for one in notices]
        with self._lock:
            try:
                fates = self._sender.send(batch)
            except BrokerUnavailableError as error:
                raise NoticesUnavailableError(str(error)) from error
            if Fate.NACKED in fates:
                self._refused_until = monotonic() + _PAUSE_SECONDS
                raise NoticesUnavailableError(self._refusal())

    def check(self) -> None:
        """Connect if need be, and ask the broker; see the port."""
        with self._lock:
            if monotonic() < self._refused_until:
                raise NoticesUnavailableError(self._refusal())
            try:
                self._sender.check()
            except BrokerUnavailableError as error:
                raise NoticesUnavailableError(str(error)) from error

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            self._sender.close()

    def _declare(self, connection: PublishingConnection) -> None:
        connection.declare_fanout(self._exchange)

    def _refusal(self) -> str:
        return f"a queue that is bound to {self._exchange!r} is full, and refuses notices"


class NoNotices:
    """Satisfies `store.notice_ports.Notices` where notices are turned off."""

    def publish(self, notices: Sequence[Notice]) -> None:
        """Tell nobody."""

    def check(self) -> None:
        """Nobody is always there."""


def _message(notice: Notice) -> Message:
    return Message(
        notice.body,
        content_type=JSON,
        content_encoding="utf-8",
        application_headers={},
        delivery_mode=_PERSISTENT,
        priority=0,
        message_id=notice.id,
    )
