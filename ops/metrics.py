"""Metrics in the Prometheus text format: what is counted, and what to do when it rises.

`METRICS` is the reference; the documentation is generated from it. Times are seconds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family

from consumers.runtime.telemetry import Ending
from ops.backlog import Backlog, read_backlog
from store.database import Database
from store.errors import UnavailableError
from store.inbox import Kind

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one metric says."""

    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    text: str
    when_it_rises: str
    """What an operator does about it."""


class Metric(Enum):
    """Every metric of ours, by the name under which it is scraped."""

    DELIVERIES = "muniment_deliveries_total"
    FAILURES = "muniment_failures_total"
    BATCH_SECONDS = "muniment_batch_seconds"
    PAUSED = "muniment_consumer_paused"
    HTTP_SECONDS = "muniment_http_request_seconds"
    POSITION = "muniment_ledger_position"
    UNPUBLISHED = "muniment_outbox_events"
    OVERDUE = "muniment_outbox_overdue_seconds"
    PARKED = "muniment_parked_events"
    QUEUE = "muniment_queue_deliveries"
    UNREADABLE = "muniment_backlog_unreadable"


METRICS = {
    Metric.DELIVERIES: Meaning(
        "counter",
        ("consumer", "ending"),
        "Deliveries that have ended, by what became of them.",
        "Much `retried` or `parked`: `muniment why` an event of that consumer shows the error. "
        "`failed` are refusals, an answer and not a fault.",
    ),
    Metric.FAILURES: Meaning(
        "counter",
        ("consumer", "kind"),
        "Tries that have failed: `transient` ones are tried again, `permanent` ones are parked at "
        "once, `poison` has taken a process down.",
        "`muniment parked list --group` shows what they have in common.",
    ),
    Metric.BATCH_SECONDS: Meaning(
        "histogram",
        ("consumer",),
        "Time from taking a batch of deliveries to its commit.",
        "Look for a slow disk, object store or database; start more processes of the consumer.",
    ),
    Metric.PAUSED: Meaning(
        "gauge",
        ("consumer", "dependency"),
        "1 while a consumer waits for a dependency that is down.",
        "Bring the dependency back; the consumer goes on by itself.",
    ),
    Metric.HTTP_SECONDS: Meaning(
        "histogram",
        ("method", "route", "status"),
        "Time of HTTP requests, and with `_count` their number, by route and status.",
        "Many 503: look at /readyz. Slow POST: the database's disk. Many 401: a client's token.",
    ),
    Metric.POSITION: Meaning(
        "gauge",
        (),
        "Position of the newest event in the ledger; its rate is that of the whole bus.",
        "It rises with the work. When it stands still, nothing is accepted or emitted.",
    ),
    Metric.UNPUBLISHED: Meaning(
        "gauge",
        (),
        "Events in the outbox, waiting to be published or for their next try; 0 when embedded.",
        "See `muniment_outbox_overdue_seconds`.",
    ),
    Metric.OVERDUE: Meaning(
        "gauge",
        (),
        "How long the oldest event that should have been published has been waiting.",
        "The broker or every relay is down: `muniment doctor` says which. Nothing is lost.",
    ),
    Metric.PARKED: Meaning(
        "gauge",
        ("consumer",),
        "Events set aside because they could not be handled.",
        "Each waits for a person: `muniment why` shows the reason.",
    ),
    Metric.QUEUE: Meaning(
        "gauge",
        ("queue", "state"),
        "Deliveries per queue of the embedded bus: ready, held by a consumer, or delayed. "
        "RabbitMQ has metrics of its own for its queues.",
        "`ready` that keeps rising: start more processes of that consumer, or see if it is paused.",
    ),
    Metric.UNREADABLE: Meaning(
        "gauge",
        (),
        "1 when the database could not be asked for ledger, outbox, queues and parked events.",
        "The database is down: `muniment doctor`. What it would have told is missing meanwhile.",
    ),
}


class Metrics:
    """Everything this process counts; satisfies `Telemetry`. Safe to use from many threads."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Look into `database` at every scrape; one that is down is said to be, no error."""
        self._registry = CollectorRegistry()
        self._registry.register(_Waiting(lambda: read_backlog(database, clock())))
        ProcessCollector(registry=self._registry)
        self._deliveries = Counter(*_described(Metric.DELIVERIES), registry=self._registry)
        self._failures = Counter(*_described(Metric.FAILURES), registry=self._registry)
        self._batches = Histogram(
            *_described(Metric.BATCH_SECONDS), buckets=_BUCKETS, registry=self._registry
        )
        self._paused = Gauge(*_described(Metric.PAUSED), registry=self._registry)
        self._requests = Histogram(
            *_described(Metric.HTTP_SECONDS), buckets=_BUCKETS, registry=self._registry
        )

    # --- as the consumers' telemetry ------------------------------------------------------------

    def ended(self, consumer: str, ending: Ending, count: int) -> None:
        """Count deliveries that have ended so."""
        self._deliveries.labels(consumer, ending).inc(count)

    def failed(self, consumer: str, kind: Kind) -> None:
        """Count a failed try."""
        self._failures.labels(consumer, kind).inc()

    def took(self, consumer: str, seconds: float, count: int) -> None:
        """Note how long one batch took."""
        del count  # `ended` has counted them
        self._batches.labels(consumer).observe(seconds)

    def paused(self, consumer: str, dependency: str | None) -> None:
        """Note what a consumer waits for, or that it goes on."""
        # Once a consumer has paused its series stays, at 0: one that vanishes reads as unknown.
        for family in self._paused.collect():
            for sample in family.samples:
                if sample.labels["consumer"] == consumer:
                    self._paused.labels(consumer, sample.labels["dependency"]).set(0)
        if dependency is not None:
            self._paused.labels(consumer, dependency).set(1)

    # --- as the ingress's observer --------------------------------------------------------------

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one HTTP request; `route` is the path's pattern, so that series stay few."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    # --- being read -----------------------------------------------------------------------------

    def render(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self._registry)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Serve it over HTTP on a thread of its own; return what stops that."""
        server, thread = start_http_server(port, host, self._registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop


class _Waiting:
    """What is waiting, looked up in the database at scrape time."""

    def __init__(self, look: Callable[[], Backlog]) -> None:
        self._look = look

    def describe(self) -> Sequence[Family]:
        """Return nothing: registering must not ask a database that may be down."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Yield what the database says, and whether it says anything."""
        unreadable = _family(Metric.UNREADABLE)
        try:
            yield from _families(self._look())
            unreadable.add_metric([], 0)
        except UnavailableError:
            unreadable.add_metric([], 1)
        yield unreadable


def _families(seen: Backlog) -> Iterator[Family]:
    for metric, value in (
        (Metric.POSITION, seen.position),
        (Metric.UNPUBLISHED, seen.unpublished),
        (Metric.OVERDUE, seen.overdue_seconds),
    ):
        family = _family(metric)
        family.add_metric([], value)
        yield family
    parked, queues = _family(Metric.PARKED), _family(Metric.QUEUE)
    for consumer, events in seen.parked.items():
        parked.add_metric([consumer], events)
    for queue, depths in seen.queues.items():
        for state, deliveries in zip(("ready", "held", "delayed"), depths, strict=True):
            queues.add_metric([queue, state], deliveries)
    yield from (parked, queues)


def _described(metric: Metric) -> tuple[str, str, tuple[str, ...]]:
    return metric.value, METRICS[metric].text, METRICS[metric].labels


def _family(metric: Metric) -> GaugeMetricFamily:
    name, text, labels = _described(metric)
    return GaugeMetricFamily(name, text, labels=labels)
