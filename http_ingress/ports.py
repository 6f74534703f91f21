"""What the ingress is given: everything it needs of the world, and its limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from http_ingress.archive.ports import ArchivePorts
from http_ingress.packager.ports import PackagerPorts
from http_ingress.reference.ports import ReferencePorts
from producers.acceptor import Acceptor
from producers.components import Components
from producers.doorbell import Waiters
from producers.stamping import Stamp
from producers.stream_reader import StreamReader
from store.accounts import Accounts
from store.activity import QueueDepth
from store.database import Database
from store.ledger import Ledger
from store.ports import ObjectStore

Readiness = Callable[[], Mapping[str, str | None]]
"""Blocking. Returns each dependency with what is wrong with it, or None."""
Observe = Callable[[str, str, int, float], None]
"""Told the method, the route's path, the status and the seconds of every request."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Why a consumer of this process takes nothing."""

    waits_for: str
    """The dependency that does not answer: `database`, `broker`, `objects`."""
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one client may ask for. Sizes are bytes."""

    largest_body: int = 8 * 1024**2
    """One request to /events, a batch included."""
    most_events_in_batch: int = 1000
    largest_upload: int = 5 * 1024**4
    """One file."""
    largest_record: int = 64 * 1024**2
    """One record sent to /records."""
    most_concurrent_uploads: int = 64
    most_pending: int = 10_000
    """Requests that wait to be committed at once."""
    most_streams: int = 500
    """Subscribers of /events/stream at once."""
    request_seconds: float = 30
    """How long a client may keep silent in the middle of a body."""
    longest_wait_seconds: float = 60
    """What `Prefer: wait` is capped to."""
    answer_seconds: float = 20
    """How long a client waits that knows no 202; then it is told 503, and may repeat."""
    heartbeat_seconds: float = 15
    """How often an idle stream says that it is alive."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One consumer, as the documents and pages name it."""

    name: str
    listens_to: str | None
    """An event type; None: every type there is."""
    publishes: tuple[str, ...]
    """Event types."""
    threads: int = 1
    """Events at work at once in one process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What wiring passes in."""

    database: Database
    objects: ObjectStore
    acceptor: Acceptor
    """Started."""
    ledger: Ledger
    stamp: Stamp
    waiters: Waiters
    accounts: Accounts
    components: Components
    listeners: Sequence[Listener]
    """Every consumer there is."""
    queues: Callable[[], Sequence[QueueDepth]]
    """Blocking. How many deliveries wait; raises UnavailableError when that cannot be told."""
    readiness: Readiness
    paused: Callable[[], Mapping[str, Paused]] = dict
    """The consumers of this process that wait for a dependency, by name."""
    canary: Callable[[], str | None]
    """Blocking, for seconds. Sends a probe through the bus; says what went wrong, or None."""
    render_metrics: Callable[[], bytes]
    """Returns the Prometheus text format."""
    observe: Observe
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    """Returns 256 random bits as URL-safe text."""
    public_url: str
    """What absolute URLs begin with, without a slash at the end."""
    public_reads: bool = True
    """Whether files, events and pages may be read by anybody."""
    packager: PackagerPorts
    archive: ArchivePorts
    reference: ReferencePorts = field(default_factory=ReferencePorts)
    console_secret: str = field(repr=False)
    """What sessions of operators are signed with."""
    streams: StreamReader | None = None
    """Reads what is counted from Kafka; None: nothing is."""
    limits: Limits = field(default_factory=Limits)
