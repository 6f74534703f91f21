"""Plots of the queues, by their samples: how deep they were, and how old the oldest was."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING

from http_ingress.statistics.plots.canvas import Canvas
from http_ingress.statistics.plots.scales import Unit, seconds_unit
from http_ingress.statistics.report import Report
from store.statistics.sampling import KEPT
from store.statistics.views import Days, QueuePeak

if TYPE_CHECKING:
    from matplotlib.lines import Line2D

_MOST = 5
"""Queues that are told apart: those with the highest peaks."""
_GAP = timedelta(hours=2)
"""Between two samples, from which on nobody knows what was between them."""


def draw_depth(canvas: Canvas, report: Report) -> None:
    """Draw how many deliveries each queue had."""
    unit = Unit("deliveries", 1)
    _draw(canvas, report, "Queue depth", lambda _: unit, lambda one: one.depth)


def draw_age(canvas: Canvas, report: Report) -> None:
    """Draw how long the oldest event had been waiting for each consumer."""
    _draw(canvas, report, "Age of the oldest that waits", seconds_unit, lambda one: one.age)


def _draw(
    canvas: Canvas,
    report: Report,
    title: str,
    fitting: Callable[[float], Unit],
    value: Callable[[QueuePeak], float | None],
) -> None:
    lines: dict[str, list[tuple[datetime, float]]] = {}
    for one in report.peaks:
        number = value(one)
        if number is not None:
            lines.setdefault(one.queue, []).append((one.at, number))
    if not lines:
        how = ("One is taken each minute, and kept for a week, by", "muniment up")
        canvas.say(title, "There are no samples of these days.", *how)
        return
    tops = {queue: max(number for _, number in points) for queue, points in lines.items()}
    ranked = sorted(tops, key=lambda queue: (-tops[queue], queue))
    told = [queue for queue in ranked if tops[queue] > 0][:_MOST]
    unit = fitting(tops[ranked[0]])
    (axes,) = canvas.axes(title, f"{unit.name}, at most")
    days = _sampled(report)
    handles: list[Line2D] = []
    names: list[str] = []
    together = "others" if told else "all"
    for queue in reversed(ranked):
        colour = canvas.look.series[told.index(queue)] if queue in told else canvas.look.rest
        points = [(canvas.x(days, at), number / unit.size) for at, number in _broken(lines[queue])]
        stroke = (1.6 if queue in told else 1.0, 1.0)
        handle = canvas.line(axes, points, colour, stroke)
        if queue in told:
            handles.insert(0, handle)
            names.insert(0, queue)
        elif together not in names:
            handles.append(handle)
            names.append(together)
    axes.set_ylim(bottom=0, top=None if told else 1)
    canvas.time([axes], days, centred=False)
    canvas.count(axes)
    canvas.legend(handles, names)


def _sampled(report: Report) -> Days:
    """Return those of the days for which there may be samples."""
    days: Days = report.asked.days
    first: date = days.last - KEPT + timedelta(days=1)
    return Days(max(days.first, first), days.last)


def _broken(points: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Return the points of a line, which is broken where samples are missing."""
    found = list(points[:1])
    for (before, _), (at, number) in pairwise(points):
        if at - before > _GAP:
            found.append((at, nan))
        found.append((at, number))
    return found
