"""Sheets: the same figures as tables, for spreadsheets (CSV, RFC 4180) and for the page."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import TypeAlias

from http_ingress.representations.statistics import LatencyBody, StatisticsBody

Cell: TypeAlias = str | int | float | None

MEDIA_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would take for the beginning of something to be computed."""
_LATENCY = ("events", "mean_seconds", "p50_seconds", "p90_seconds", "p99_seconds")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def as_csv(self) -> bytes:
        """Return it as CSV, with a header; texts are no formulas."""
        written = StringIO()
        writer = csv.writer(written, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([_defused(cell) for cell in row] for row in self.rows)
        return written.getvalue().encode()


def _defused(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _latency(told: LatencyBody) -> tuple[Cell, ...]:
    return (told.events, *(_rounded(one) for one in (told.mean, told.p50, told.p90, told.p99)))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _usage(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("at", "capability", "uses", "served", "failures"),
        [(_time(one.at), one.capability, one.uses, one.served, one.failures) for one in body.usage],
    )


def _counted(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("at", "type", "events", "bytes"),
        [(_time(one.at), one.type, one.events, one.bytes) for one in body.counted],
    )


def _took(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("at", "capability", *_LATENCY),
        [(_time(one.at), one.capability, *_latency(one.latency)) for one in body.took],
    )


def _queues(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("at", "queue", "depth", "age_seconds"),
        [(_time(one.at), one.queue, one.depth, _rounded(one.age)) for one in body.queues],
    )


def _capabilities(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("capability", "uses", "served", "failures", *(f"timed_{one}" for one in _LATENCY)),
        [
            (one.capability, one.uses, one.served, one.failures, *_latency(one.latency))
            for one in body.capabilities
        ],
    )


def _types(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("type", "events", "bytes", *(f"timed_{one}" for one in _LATENCY)),
        [(one.type, one.events, one.bytes, *_latency(one.latency)) for one in body.types],
    )


def _resources(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("capability", "resource", "events", "bytes"),
        [(one.capability, one.resource, one.events, one.bytes) for one in body.resources or ()],
    )


def _total_capabilities(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("capability", "uses", "served", "failures"),
        [(one.capability, one.uses, one.served, one.failures) for one in body.totals.capabilities],
    )


def _total_types(body: StatisticsBody) -> Sheet:
    return Sheet(
        ("type", "events", "bytes"),
        [(one.type, one.events, one.bytes) for one in body.totals.types],
    )


RESOURCES = "resources"
"""The sheet that only operators are given."""
SHEETS: Mapping[str, Callable[[StatisticsBody], Sheet]] = {
    "usage": _usage,
    "counted": _counted,
    "took": _took,
    "queues": _queues,
    "capabilities": _capabilities,
    "types": _types,
    RESOURCES: _resources,
    "total-capabilities": _total_capabilities,
    "total-types": _total_types,
}
"""By name, which is that of the same figures in JSON."""
