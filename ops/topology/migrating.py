"""Changing what cannot be changed: a queue is made anew, and no message is lost on the way.

A shadow queue takes over what the queue is bound for, the queue's messages are moved there, the
queue is deleted and made again, and everything goes back. Consumers subscribe again by themselves.
Publishers of requests and facts notice nothing. Retries, which go to the queue by its name, are
held back in the outbox: RabbitMQ confirms what is on its way to a queue that is being deleted, and
keeps it nowhere. Some messages may be delivered twice; the inbox knows them.

What has been done is what is on the broker: after a crash, at any line, the same again goes on.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

from amqp import AMQPError, NotFound, ResourceLocked
from kombu.exceptions import KombuError

from ops.management import Management, ManagementError
from ops.topology.comparing import plan
from ops.topology.mover import CONNECTION, PATIENCE_SECONDS, Mover
from ops.topology.wanted import Queue, Topology
from producers.amqp_connection import connect
from producers.brokers import Broker, read_brokers
from store.errors import BrokerUnavailableError, SetupError

PATIENCE = 120.0
"""Seconds for which consumers may hold what they have got, unless told otherwise."""

# Counts of the management API are the queue's of up to 5 s ago, collected up to 5 s ago.
_STALE_SECONDS = 12.0
_LOCK_SECONDS = 5.0
_HOLD_SECONDS = 5.0
_LISTEN_SECONDS = 0.25

Told = Callable[[str], None]
Hold = Callable[[], AbstractContextManager[None]]
"""For as long as the block lasts, nothing is published to a queue by its name."""
_Step = tuple[str, Callable[[], None]]


def migrations(
    url: str, topology: Topology, names: Collection[str] = (), management_url: str = ""
) -> "list[Migration]":
    """Return what is to be done with each queue whose arguments differ; with `names`, of these.

    Raises SetupError when a name is unknown, or BrokerUnavailableError.
    """
    queues = {queue.name: queue for queue in topology.queues}
    if unknown := sorted(set(names) - queues.keys()):
        raise SetupError(f"no queue {', '.join(unknown)}; there are: {', '.join(queues)}")
    found = [one for one in plan(url, topology, management_url) if one.kind == "queue"]
    different = {one.name for one in found if one.state == "different"}
    concerned = different | {one.name for one in found if one.state == "unfinished"}
    return [
        Migration(url, topology, queue, management_url, begins=name in different)
        for name, queue in queues.items()
        if name in concerned and (not names or name in names)
    ]


class Migration:
    """What is to be done with one queue, until `run` has done it."""

    def __init__(
        self, url: str, topology: Topology, queue: Queue, management_url: str, *, begins: bool
    ) -> None:
        self.queue = queue.name
        self.moved: dict[str, int] = {}
        """How many messages, by the queue that they were taken from."""
        self._brokers = read_brokers(url)
        self._management = Management(management_url, self._brokers[0]) if management_url else None
        self._shadow = queue.shadow
        self._arguments = dict(queue.arguments)
        self._bindings = {
            (one.exchange, one.pattern) for one in topology.bindings if one.queue == queue.name
        }
        self._begins = begins
        self._patience = PATIENCE
        self._hold: Hold = nullcontext
        self._told: Told = lambda _: None
        self._mover: Mover | None = None
        self._first_since = 0.0
        """Of the mover, when it was seen that nobody else holds anything."""

    @property
    def steps(self) -> list[str]:
        """What is to be done, in order."""
        return [text for text, _ in self._steps()]

    def run(self, hold: Hold, told: Told = lambda _: None, *, patience: float = PATIENCE) -> None:
        """Do it; `told` hears of each step before it is done, and of messages that were moved.

        `hold` is there while the queue is deleted: less than seconds.
        `patience` is for how many seconds consumers may hold what they have got. Raises SetupError,
        before anything is done, when the queue has consumers and there is no management API to
        tell what they hold; BrokerUnavailableError when the same again may succeed.
        """
        self._hold, self._told, self._patience = hold, told, patience
        with self._begun():
            for text, do in self._steps():
                told(text)
                do()

    def _steps(self) -> Iterator[_Step]:
        if self._begins:
            yield from self._aside()
        yield from self._back()

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """Be the only one at work on the queue."""
        try:
            self._broker, connection = _first(self._brokers)
            try:
                self._channel: Any = connection.connection.channel()
                self._lock()
                if self._begins:
                    self._look()
                yield
            finally:
                self._close_mover()
                connection.collect()
        except NotFound as error:
            raise SetupError(f"{error.reply_text}; run `muniment topology apply`") from error
        except (AMQPError, KombuError, OSError) as error:
            raise BrokerUnavailableError(
                f"RabbitMQ at {self._broker}: {error}; nothing is lost: do the same again"
            ) from error

    def _aside(self) -> Iterator[_Step]:
        """Yield the steps by which everything gets into the shadow, and the queue away."""
        yield f"make {self._shadow}", self._make_shadow
        yield f"bind {self._shadow} like {self.queue}", partial(self._bind, self._shadow)
        yield f"unbind {self.queue}", partial(self._unbind, self.queue)
        yield (
            f"move what is in {self.queue} to {self._shadow}",
            partial(self._empty, self.queue),
        )
        yield f"delete {self.queue}", partial(self._delete, self.queue)

    def _back(self) -> Iterator[_Step]:
        """Yield the steps by which the queue comes back, and the shadow away."""
        yield f"make {self.queue}", partial(self._make, self.queue)
        yield f"bind {self.queue}", self._bind_back
        yield f"unbind {self._shadow}", partial(self._unbind, self._shadow)
        yield (
            f"move what is in {self._shadow} to {self.queue}",
            partial(self._empty, self._shadow),
        )
        yield f"delete {self._shadow}", self._delete_shadow

    # --- before ---------------------------------------------------------------------------------

    def _lock(self) -> None:
        """Declare a queue that nobody else can use, and that goes with the connection."""
        deadline = monotonic() + _LOCK_SECONDS
        while True:
            try:
                self._channel.queue_declare(f"{self._shadow}.lock", exclusive=True)
            except ResourceLocked as error:
                # Perhaps of one that was killed, and that the broker is about to notice.
                if monotonic() > deadline:
                    raise SetupError(f"another migration of {self.queue} is at work") from error
                self._channel = self._channel.connection.channel()
                Event().wait(0.2)
            else:
                return

    def _look(self) -> None:
        """Learn what the queue is bound for, and refuse what could not be finished."""
        trouble = "no management URL is set"
        if self._management is not None:
            try:
                self._bindings |= {
                    (exchange, pattern)
                    for queue, exchange, pattern in self._management.bindings()
                    if queue in {self.queue, self._shadow} and exchange != self._shadow
                }
            except ManagementError as error:
                trouble = str(error)
            else:
                return
        consumers = self._count(self.queue)[1]
        if consumers:
            raise SetupError(
                f"{self.queue} has {consumers} consumers, and what they hold only the management "
                f"API tells ({trouble}): stop them first, or set MUNIMENT_MANAGEMENT_URL"
            )

    # --- steps ----------------------------------------------------------------------------------

    def _make(self, name: str) -> None:
        self._channel.queue_declare(
            name, durable=True, auto_delete=False, arguments=self._arguments
        )

    def _make_shadow(self) -> None:
        self._make(self._shadow)
        # An exchange of its own, so that messages keep their routing keys on the way.
        self._channel.exchange_declare(self._shadow, "fanout", durable=True, auto_delete=False)
        self._channel.queue_bind(self._shadow, self._shadow)
        self._channel.queue_unbind(self.queue, self._shadow)

    def _bind(self, name: str) -> None:
        for exchange, pattern in self._bindings:
            self._channel.queue_bind(name, exchange, pattern)

    def _bind_back(self) -> None:
        self._bind(self.queue)
        self._channel.exchange_declare(self._shadow, "fanout", durable=True, auto_delete=False)
        self._channel.queue_bind(self.queue, self._shadow)

    def _unbind(self, name: str) -> None:
        for exchange, pattern in self._bindings:
            self._channel.queue_unbind(name, exchange, pattern)
        if name == self._shadow:
            self._channel.queue_unbind(self._shadow, self._shadow)

    def _empty(self, name: str) -> None:
        """Move everything, and return when nobody else has anything of the queue any more."""
        self._mover = Mover(
            self._broker,
            name,
            self._shadow,
            strips_history="x-dead-letter-exchange" in self._arguments,
            moved=partial(self._note, name),
        )
        self._wait_until_empty(self._mover, name, self._patience)

    def _wait_until_empty(self, mover: Mover, name: str, patience: float) -> None:
        deadline = monotonic() + patience
        while True:
            before = self.moved.get(name, 0)
            mover.move(_LISTEN_SECONDS)
            if self._is_empty(name):
                return
            if self.moved.get(name, 0) > before:
                deadline = monotonic() + patience
            if monotonic() > deadline:
                raise BrokerUnavailableError(
                    f"consumers of {name} still hold messages after {patience:g} s; nothing "
                    f"is lost, what is new waits in {self._shadow}: do the same again"
                )

    def _is_empty(self, name: str) -> bool:
        ready, consumers = self._count(name)
        if ready or self._mover is None or not self._mover.is_idle():
            return False
        # One consumer is the mover. One that was cancelled counts as long as it holds a message.
        if consumers <= 1 or self._first_since == self._mover.first_since:
            return True
        # What others hold can only become less, since the mover comes first; so any count will do
        # that was taken since.
        if self._management is None or monotonic() < self._mover.first_since + _STALE_SECONDS:
            return False
        with suppress(ManagementError):
            there = self._management.queues().get(name)
            if there is not None and there.unacknowledged == 0:
                self._first_since = self._mover.first_since
                return True
        return False

    def _delete(self, name: str) -> None:
        if self._mover is None:
            raise RuntimeError(f"queue {name} is deleted by who moves its messages")
        with self._hold() if name == self.queue else nullcontext():
            self._wait_until_empty(self._mover, name, _HOLD_SECONDS)
            deleted = self._channel.queue_delete(name)
        self._mover.move_the_last()
        self._close_mover()
        if deleted:
            raise RuntimeError(f"{deleted} messages were deleted with queue {name}")

    def _delete_shadow(self) -> None:
        self._delete(self._shadow)
        self._channel.exchange_delete(self._shadow)

    def _count(self, name: str) -> tuple[int, int]:
        """Return how many messages are ready, and how many consumers there are."""
        found = self._channel.queue_declare(name, passive=True)
        return found.message_count, found.consumer_count

    def _note(self, name: str, count: int) -> None:
        self.moved[name] = self.moved.get(name, 0) + count
        self._told(f"{self.moved[name]} messages of {name} moved")

    def _close_mover(self) -> None:
        mover, self._mover = self._mover, None
        if mover is not None:
            mover.close()


def _first(brokers: Sequence[Broker]) -> tuple[Broker, Any]:
    problems = []
    for broker in brokers:
        try:
            return broker, connect(broker, CONNECTION, PATIENCE_SECONDS)
        except (AMQPError, KombuError, OSError) as error:
            problems.append(f"RabbitMQ at {broker}: {error}")
    raise BrokerUnavailableError("; ".join(problems))
