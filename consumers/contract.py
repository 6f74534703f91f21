"""All that the author of a consumer needs: a function, one value that registers it, two signals.

A handler takes an event and the work it may do, and returns the events that follow. It ends in one
of four ways, and no more: it *returns* (done); it raises `Reject` (park now, retrying cannot
help); it raises `RetryLater` (not yet; costs no attempt); anything else it raises backs off by the
consumer's `RetryPolicy` and, after the last attempt, parks with its traceback. What is merely
down (`store.errors.UnavailableError`) pauses the consumer and costs nothing.

Decoding, deduplication, transactions, acknowledgement, logs and metrics are the runtime's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas.base import Event
from schemas.catalogue import EVENTS
from schemas.envelope import Envelope
from schemas.routing import FACTS, REQUESTS, WATCHERS, exchange, is_request, routing_key
from store.ports import Work

E = TypeVar("E", bound=Event | Envelope)


class Reject(Exception):  # noqa: N818 - a signal, not an error
    """This event can never be handled: park it now with this reason."""


class RetryLater(Exception):  # noqa: N818 - a signal, not an error
    """Not yet: deliver the event again after `seconds`, without using up an attempt.

    At most a year, since whatever asks for more means something else.
    """

    LONGEST = 365 * 86_400.0

    def __init__(self, seconds: float, reason: str = "") -> None:
        """`reason` is for the log."""
        if not 0 <= seconds <= self.LONGEST:
            raise ValueError(f"RetryLater takes 0 to {self.LONGEST:g} seconds, not {seconds}")
        self.seconds = seconds
        super().__init__(f"again in {seconds} s{reason and f': {reason}'}")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long apart a failing event is tried."""

    attempts: int = 8
    """Tries in all, the first included."""
    base_seconds: float = 1.0
    """The wait after the first failed try."""
    factor: float = 3.0
    """By which each wait is longer than the one before."""
    cap_seconds: float = 600.0
    """The longest wait."""
    jitter: float = 0.5
    """The part of each wait that is left to chance, from 0 to 1: what failed together does not
    come back together."""

    def delay(self, attempt: int, chance: float) -> float | None:
        """Return the seconds to wait after the given failed attempt (from 1), or None: park.

        `chance` is a random number in [0, 1).
        """
        if attempt >= self.attempts:
            return None
        # Far-off attempts would overflow a float long before they would pass the cap.
        delay = min(self.cap_seconds, self.base_seconds * self.factor ** min(attempt - 1, 64))
        return delay * (1 - self.jitter + self.jitter * chance)


@dataclass(frozen=True, slots=True)
class Consumer(Generic[E]):
    """One consumer: its queue, what it listens to, what it does and what it may publish."""

    name: str
    """Kebab-case, with a lane behind a dot where it has several; also the name of its queue."""
    listens_to: type[E]
    """The class of its events; `Envelope`: it watches every event there is, and each comes as it
    is, whatever its data."""
    handle: Callable[[E, Work], Sequence[Event]]
    """Its second parameter may be any protocol that `Work` satisfies: what it may touch."""
    publishes: tuple[type[Event], ...] = ()
    """The runtime refuses anything else."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    batch: int = 1
    """Deliveries that may share one transaction; above 1 only where the handler is quick."""
    rest: float = 0.0
    """Seconds between batches that are not full, so that what comes meanwhile shares a commit:
    for who hears much, and whom nobody waits for."""
    threads: int = 1
    """Batches at work at once in one process."""
    prepare: Callable[[Mapping[str, E], Work], None] | None = None
    """Is shown a batch, by the events' keys, before the first of it is handled: asks the database
    at once for what the handler would ask for event by event. Changes nothing of what it does."""
    prefetch: int = 0
    """Deliveries held by one process; 0 stands for enough to keep every thread busy."""
    give_up: Callable[[E, Work, Exception], Sequence[Event]] | None = None
    """What follows from the last try's failure, where whoever asked is to be told: in place of
    parking. Where it returns nothing, the event is parked. Not asked about a `Reject`."""
    long: bool = False
    """The work may take longer than a few seconds: it runs under a lease, with `work.checkpoint`
    and `work.progress` (`store.ports.HasLease`), and survives its process. Goes with `batch` 1."""

    @property
    def bindings(self) -> tuple[tuple[str, str], ...]:
        """The (exchange, pattern) pairs that its queue is bound with."""
        if issubclass(self.listens_to, Event):
            return ((exchange(self.listens_to.TYPE), routing_key(self.listens_to.TYPE)),)
        # Not all requests: one that nobody owns has to be found in `muniment.unrouted`.
        requests = (routing_key(name) for name in sorted(EVENTS) if is_request(name))
        return ((FACTS, "#"), *((REQUESTS, key) for key in requests))

    @property
    def type(self) -> str | None:
        """The type of its events; None: it watches them all."""
        return self.listens_to.TYPE if issubclass(self.listens_to, Event) else None

    @property
    def window(self) -> int:
        """How many deliveries one process may hold."""
        # What waits behind long work in one process could be at work in another.
        return 1 if self.long else self.prefetch or 2 * self.batch * self.threads

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if self.long and self.batch != 1:
            raise ValueError(f"{self.name}: long work is not done in batches")
        if (self.type is None) != (self.name in WATCHERS):
            raise ValueError(
                f"{self.name}: who watches every event is in WATCHERS, and nobody else"
            )
