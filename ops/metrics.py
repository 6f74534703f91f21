"""Metrics in the Prometheus text format: what is counted here, and what the database says.

`ops.metric_meanings` describes them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family

from consumers.runtime.telemetry import Ending
from ops.backlog import Backlog, read_backlog
from ops.metric_meanings import METRICS, Metric
from store.database import Database
from store.errors import UnavailableError
from store.inbox import Kind
from store.statistics.counting import Figures
from store.statistics.summing import by_capability
from store.statistics.views import totals

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """Everything this process counts; satisfies `Telemetry`. Safe to use from many threads."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        """Look into `database` at every scrape; one that is down is said to be, no error."""
        self._registry = CollectorRegistry()
        self._registry.register(_Waiting(lambda: read_backlog(database, clock())))
        self._registry.register(_Counted(lambda: totals(database)))
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


class _Counted:
    """What has been counted of the ledger, looked up in the database at scrape time."""

    def __init__(self, look: Callable[[], Mapping[str, Figures]]) -> None:
        self._look = look

    def describe(self) -> Sequence[Family]:
        """Return nothing, as `_Waiting` does."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Yield what the database says; that it says nothing, `_Waiting` tells."""
        with suppress(UnavailableError):
            yield from _counters(self._look())


def _counters(found: Mapping[str, Figures]) -> Iterator[Family]:
    events, uses = _counter(Metric.EVENTS), _counter(Metric.USES)
    failures, archived = _counter(Metric.USELESS), _counter(Metric.ARCHIVED)
    for name, figures in found.items():
        events.add_metric([name], figures.events)
    for one in by_capability(found, {}):
        uses.add_metric([one.capability.name], one.uses)
        failures.add_metric([one.capability.name], one.failures)
    archived.add_metric([], sum(one.bytes for one in found.values()))
    yield from (events, uses, failures, archived)


def _families(seen: Backlog) -> Iterator[Family]:
    for metric, value in (
        (Metric.POSITION, seen.position),
        (Metric.UNPUBLISHED, seen.unpublished),
        (Metric.OVERDUE, seen.overdue_seconds),
    ):
        family = _family(metric)
        family.add_metric([], value)
        yield family
    parked, queues, copies = map(_family, (Metric.PARKED, Metric.QUEUE, Metric.TAP))
    for consumer, events in seen.parked.items():
        parked.add_metric([consumer], events)
    for queue, depths in seen.queues.items():
        for state, deliveries in zip(("ready", "held", "delayed"), depths, strict=True):
            queues.add_metric([queue, state], deliveries)
    for name, position in seen.taps.items():
        copies.add_metric([name], position)
    yield from (parked, queues, copies)


def _described(metric: Metric) -> tuple[str, str, tuple[str, ...]]:
    return metric.value, METRICS[metric].text, METRICS[metric].labels


def _family(metric: Metric) -> GaugeMetricFamily:
    name, text, labels = _described(metric)
    return GaugeMetricFamily(name, text, labels=labels)


def _counter(metric: Metric) -> CounterMetricFamily:
    name, text, labels = _described(metric)
    return CounterMetricFamily(name, text, labels=labels)
