"""The statistics page: plots with what they say in words, and the same numbers as tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from http_ingress.pages import count, render, size
from http_ingress.representations.statistics import StatisticsBody
from http_ingress.statistics.asking import query_of
from http_ingress.statistics.plots.looks import SIZES, Shape
from http_ingress.statistics.plots.scales import joined, seconds_text
from http_ingress.statistics.report import Asked
from http_ingress.statistics.sheets import SHEETS, Sheet
from schemas.capabilities import CAPABILITIES

_PIXELS = 96
Number = TypeVar("Number", int, float)
_ROWS = 60
"""Of a table below a plot, the latest; CSV has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One plot on the page."""

    name: str
    shape: Shape
    alt: str
    """What it says, in words."""
    query: str
    what: str
    """Name of the sheet with its numbers."""
    sheet: Sheet

    @property
    def width(self) -> int:
        """Of the plot on a broad screen, pixels."""
        return round(SIZES[self.shape][0] * _PIXELS)

    @property
    def height(self) -> int:
        """Of the plot on a broad screen, pixels."""
        return round(SIZES[self.shape][1] * _PIXELS)

    def url(self, theme: str, shape: str) -> str:
        """Return where the plot is."""
        return f"/statistics/plots/{self.name}.svg?{self.query}&theme={theme}&shape={shape}"

    @property
    def more(self) -> int:
        """Rows that are not shown."""
        return max(0, len(self.sheet.rows) - _ROWS)

    @property
    def latest(self) -> Sheet:
        """The rows that are shown, the latest first."""
        return Sheet(self.sheet.columns, [*reversed(self.sheet.rows)][:_ROWS])


def statistics_page(body: StatisticsBody, asked: Asked) -> web.Response:
    """Return the page. Blocking: of a year it takes a while."""
    query = query_of(asked)
    sheets = {what: SHEETS[what](body) for what in {what for _, _, what, _ in _PICTURES}}
    pictures = [
        Picture(name=name, shape=shape, alt=tell(body), query=query, what=what, sheet=sheets[what])
        for name, shape, what, tell in _PICTURES
    ]
    ever = {one.capability: one.uses for one in body.totals.capabilities}
    ever_types = {one.type: one.events for one in body.totals.types}
    return render(
        "statistics.html",
        body=body,
        query=query,
        pictures=pictures,
        ever=ever,
        ever_types=ever_types,
        peaks=_peaks(body),
        choices=list(CAPABILITIES.values()),
        seconds=_seconds,
    )


def _uses(body: StatisticsBody) -> str:
    total = sum(one.uses for one in body.capabilities)
    parts = [f"{one.title} {count(one.uses)}" for one in body.capabilities]
    return f"Uses by capability from {_days(body)}: {count(total)} in all; {joined(parts)}."


def _outcomes(body: StatisticsBody) -> str:
    served = sum(one.served for one in body.capabilities)
    failed = sum(one.failures for one in body.capabilities)
    return f"Outcomes from {_days(body)}: {count(served)} served, {count(failed)} failed."


def _bytes(body: StatisticsBody) -> str:
    total = sum(one.bytes for one in body.types)
    return f"Bytes archived from {_days(body)}: {size(total)} in all."


def _latency(body: StatisticsBody) -> str:
    told = [
        f"{one.title} {_seconds(one.latency.p50)}, {_seconds(one.latency.p90)} and "
        f"{_seconds(one.latency.p99)}"
        for one in body.capabilities
        if one.latency.events
    ]
    said = "; ".join(told) or "nothing came to an end"
    return (
        f"Time from request to result from {_days(body)}, within which 50, 90 and 99 % ended: "
        f"{said}."
    )


def _depth(body: StatisticsBody) -> str:
    tops = [(depth, queue) for queue, (depth, _) in _peaks(body).items() if depth]
    return f"Queue depth, at most: {_most(tops, count)}."


def _age(body: StatisticsBody) -> str:
    tops = [(age, queue) for queue, (_, age) in _peaks(body).items() if age]
    return f"Age of the oldest event that waited, at most: {_most(tops, seconds_text)}."


def _most(tops: list[tuple[Number, str]], text: Callable[[Number], str]) -> str:
    ranked = sorted(tops, key=lambda one: (-one[0], one[1]))[:3]
    return joined([f"{queue} {text(number)}" for number, queue in ranked]) if ranked else "nothing"


def _peaks(body: StatisticsBody) -> Mapping[str, tuple[int | None, float]]:
    """Return the highest depth and age of each queue, by name."""
    found: dict[str, tuple[int | None, float]] = {}
    for one in body.queues:
        depth, age = found.get(one.queue, (None, 0.0))
        known = [number for number in (depth, one.depth) if number is not None]
        found[one.queue] = (max(known, default=None), max(age, one.age))
    return dict(sorted(found.items()))


def _days(body: StatisticsBody) -> str:
    return f"{body.since} to {body.until}"


def _seconds(number: float | None) -> str:
    return "\N{EN DASH}" if number is None else seconds_text(number)


_PICTURES: tuple[tuple[str, Shape, str, Callable[[StatisticsBody], str]], ...] = (
    ("uses", "wide", "usage", _uses),
    ("outcomes", "half", "usage", _outcomes),
    ("bytes", "half", "counted", _bytes),
    ("latency", "wide", "took", _latency),
    ("queue-depth", "half", "queues", _depth),
    ("queue-age", "half", "queues", _age),
)
