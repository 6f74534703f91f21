"""Moving the messages of one queue to another: acknowledged there once they are confirmed here.

A mover is a consumer with a higher priority than any other: as long as it keeps up, others get
nothing new. It is also what makes deleting safe. Quorum queues cannot be deleted on condition that
they are empty; but whatever the broker has confirmed before it deletes a queue it delivers before
it cancels the queue's consumers. So whoever consumes until cancelled has seen everything.
"""

from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from amqp import Message

from producers.amqp_connection import PublishingConnection, connect
from producers.brokers import Broker
from store.errors import BrokerUnavailableError

CONNECTION = "muniment topology"
PATIENCE_SECONDS = 10.0

_PRIORITY = 100
_PREFETCH = 2000
_WINDOW = 500
# Half as many at once as would fill the prefetch: after that others may have got something.
_MANY = _PREFETCH // 4
_GATHER_SECONDS = 0.001
# A queue that dead-letters drops, without a word, what seems to go in circles by these.
_HISTORY = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count")


class Mover:
    """Consumes `queue`, and publishes to a fanout exchange under the key that a message had.

    `moved` is called with each count before it is acknowledged. Everything raises
    `amqp.AMQPError`, `OSError` or BrokerUnavailableError; what was not acknowledged is in the
    queue again, and perhaps in the other one too.
    """

    def __init__(
        self,
        broker: Broker,
        queue: str,
        exchange: str,
        *,
        strips_history: bool,
        moved: Callable[[int], None],
    ) -> None:
        self._exchange = exchange
        self._strips_history = strips_history
        self._moved = moved
        self._waiting: deque[Message] = deque()
        self._unconfirmed: set[int] = set()
        self._refused = ""
        self.cancelled = False
        """Whether the queue is gone."""
        self._publishing = PublishingConnection(broker, CONNECTION, self, PATIENCE_SECONDS)
        try:
            self._consuming = connect(broker, CONNECTION, PATIENCE_SECONDS)
            self._channel = self._consuming.connection.channel()
            self._channel.auto_decode = False
            self._prefetch()
            self._channel.basic_consume(
                queue,
                callback=self._waiting.append,
                on_cancel=self._cancel,
                arguments={"x-priority": _PRIORITY},
            )
        except BaseException:
            self.close()
            raise
        self.first_since = monotonic()
        """Since when nobody else gets anything new."""

    def move(self, seconds: float) -> None:
        """Move what is there; wait up to `seconds` for something to come."""
        if not self._waiting:
            self._hear(seconds)
        if len(self._waiting) >= _MANY:
            self.first_since = monotonic()
        while batch := [self._waiting.popleft() for _ in range(min(_WINDOW, len(self._waiting)))]:
            self._publish(batch)
            self._moved(len(batch))
            # In vain, and harmless, if the queue is gone by now.
            self._channel.basic_ack(batch[-1].delivery_tag, multiple=True)

    def is_idle(self) -> bool:
        """Whether all that the broker has sent until now has been moved."""
        # Any question does: what was sent before the answer has been heard with it.
        self._prefetch()
        return not self._waiting

    def move_the_last(self) -> None:
        """Move until the broker says that the queue is gone."""
        deadline = monotonic() + PATIENCE_SECONDS
        while not self.cancelled:
            if monotonic() > deadline:
                raise TimeoutError("the broker does not cancel the consumer of a deleted queue")
            self.move(0.5)
        self.move(0)

    def close(self) -> None:
        """Let go of both connections; what is not acknowledged stays in the queue."""
        self._publishing.drop()
        if hasattr(self, "_consuming"):
            self._consuming.collect()

    def _prefetch(self) -> None:
        self._channel.basic_qos(0, _PREFETCH, False)  # noqa: FBT003 - as the wire has it

    def _hear(self, seconds: float) -> None:
        try:
            while len(self._waiting) < _WINDOW and not self.cancelled:
                self._consuming.connection.drain_events(timeout=seconds)
                seconds = _GATHER_SECONDS
        except TimeoutError:
            pass

    def _cancel(self, _: str) -> None:
        self.cancelled = True

    def _publish(self, batch: list[Message]) -> None:
        for message in batch:
            self._unconfirmed.add(self._publishing.next_tag)
            key = message.delivery_info["routing_key"]
            self._publishing.publish(self._copy(message), self._exchange, key, mandatory=True)
        self._publishing.flush()
        while self._unconfirmed:
            self._publishing.wait()
        if self._refused:
            raise BrokerUnavailableError(f"messages could not be moved: {self._refused}")

    def _copy(self, message: Message) -> Message:
        properties = dict(message.properties)
        # The broker refuses the name of anybody but us.
        properties.pop("user_id", None)
        headers = properties.pop("application_headers", None) or {}
        if self._strips_history:
            headers = {k: v for k, v in headers.items() if not k.startswith(_HISTORY)}
        return Message(message.body, application_headers=headers, **properties)

    # --- as the listener of the connection that publishes ---------------------------------------

    def confirmed(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - as the wire has it
        """Note a basic.ack."""
        if multiple:
            self._unconfirmed = {one for one in self._unconfirmed if one > tag}
        else:
            self._unconfirmed.discard(tag)

    def refused(self, tag: int, multiple: bool) -> None:  # noqa: FBT001
        """Note a basic.nack."""
        self._refused = "the other queue refuses them; is a limit set on it?"
        self.confirmed(tag, multiple)

    def returned(self, exchange: str, routing_key: str, headers: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Note a basic.return."""
        self._refused = f"exchange {exchange} leads nowhere"
