"""The statistics, as responses show them. Times are UTC."""

from collections.abc import Sequence
from datetime import date, datetime

from http_ingress.representations.base import Body
from http_ingress.statistics.report import Report
from store.statistics.counting import Figures
from store.statistics.summing import Capable, Latency, latency
from store.statistics.views import Step, Used


class LatencyBody(Body):
    """How long it took, seconds; null: nothing did. Percentiles are up to a fifth too high."""

    events: int
    mean: float | None
    p50: float | None
    p90: float | None
    p99: float | None

    @classmethod
    def of(cls, told: Latency) -> "LatencyBody":
        """Return the representation."""
        half, most, nearly_all = told.percentiles
        return cls(events=told.events, mean=told.mean, p50=half, p90=most, p99=nearly_all)


class CapabilityBody(Body):
    """How one capability was used."""

    capability: str
    title: str
    uses: int
    served: int
    """Events that say that something was done that was asked for."""
    failures: int
    """Events that say that a use came to nothing."""
    latency: LatencyBody
    """Of what was served or failed, from its request."""

    @classmethod
    def of(cls, one: Capable) -> "CapabilityBody":
        """Return the representation."""
        return cls(
            capability=one.capability.name,
            title=one.capability.title,
            uses=one.uses,
            served=one.served,
            failures=one.failures,
            latency=LatencyBody.of(one.latency),
        )


class TypeBody(Body):
    """Events of one type."""

    type: str
    """`other`: all that are not in the catalogue."""
    events: int
    bytes: int
    """That they say were archived."""
    latency: LatencyBody
    """From their causes to these."""


class UsageBody(Body):
    """How one capability was used in one day or hour."""

    at: datetime
    """Its beginning."""
    capability: str
    uses: int
    served: int
    failures: int


class CountedBody(Body):
    """Events of one type in one day or hour."""

    at: datetime
    """Its beginning."""
    type: str
    events: int
    bytes: int


class TookBody(Body):
    """How long uses took that ended in one day or hour."""

    at: datetime
    """Its beginning."""
    capability: str
    latency: LatencyBody


class QueuePeakBody(Body):
    """The peaks of one queue in one hour, or in ten minutes of a single day."""

    at: datetime
    """Its beginning."""
    queue: str
    depth: int | None
    """Deliveries; null: nobody could tell."""
    age: float
    """Seconds since the oldest event came that waited."""


class ResourceBody(Body):
    """How often one resource was used."""

    capability: str
    resource: str
    events: int
    bytes: int


class TotalCapabilityBody(Body):
    """How one capability was ever used."""

    capability: str
    uses: int
    served: int
    failures: int


class TotalTypeBody(Body):
    """All events of one type."""

    type: str
    events: int
    bytes: int


class TotalsBody(Body):
    """All that was ever counted, as Prometheus is told it."""

    capabilities: list[TotalCapabilityBody]
    types: list[TotalTypeBody]


class StatisticsBody(Body):
    """The figures of some days; what is nothing is left out of what is told by time."""

    at: datetime
    """When they were read."""
    since: date
    until: date
    """The last day, which belongs to them."""
    by: Step
    capability: str | None
    """Null: all."""
    capabilities: list[CapabilityBody]
    types: list[TypeBody]
    usage: list[UsageBody]
    counted: list[CountedBody]
    took: list[TookBody]
    queues: list[QueuePeakBody]
    """Of the last seven days; nothing is sampled for longer."""
    resources: list[ResourceBody] | None
    """The most used of each capability; null: only operators are told."""
    totals: TotalsBody

    @classmethod
    def of(cls, report: Report, resources: Sequence[Used] | None) -> "StatisticsBody":
        """Return the representation of a report."""
        return cls(
            at=report.at,
            since=report.asked.days.first,
            until=report.asked.days.last,
            by=report.asked.by,
            capability=report.asked.capability,
            capabilities=[CapabilityBody.of(one) for one in report.capabilities()],
            types=[
                TypeBody(
                    type=name,
                    events=figures.events,
                    bytes=figures.bytes,
                    latency=LatencyBody.of(told),
                )
                for name, figures, told in report.types()
            ],
            usage=[
                UsageBody(
                    at=one.at,
                    capability=one.capability,
                    uses=one.uses,
                    served=one.served,
                    failures=one.failures,
                )
                for one in report.usage()
            ],
            counted=[
                CountedBody(
                    at=one.at,
                    type=one.type,
                    events=one.figures.events,
                    bytes=one.figures.bytes,
                )
                for one in report.counted
            ],
            took=[
                TookBody(
                    at=one.at,
                    capability=one.capability,
                    latency=LatencyBody.of(latency(one.buckets)),
                )
                for one in report.took
            ],
            queues=[
                QueuePeakBody(at=one.at, queue=one.queue, depth=one.depth, age=one.age)
                for one in report.peaks
            ],
            resources=None if resources is None else [_resource(one) for one in resources],
            totals=TotalsBody(
                capabilities=[_total(one) for one in report.total_capabilities()],
                types=[_total_type(*one) for one in report.totals.items()],
            ),
        )


def _resource(one: Used) -> ResourceBody:
    return ResourceBody(
        capability=one.capability, resource=one.resource, events=one.events, bytes=one.bytes
    )


def _total(one: Capable) -> TotalCapabilityBody:
    return TotalCapabilityBody(
        capability=one.capability.name, uses=one.uses, served=one.served, failures=one.failures
    )


def _total_type(name: str, figures: Figures) -> TotalTypeBody:
    return TotalTypeBody(type=name, events=figures.events, bytes=figures.bytes)
