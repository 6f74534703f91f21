"""Plots of how much there was in each day or hour: bars, one upon another."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from http_ingress.statistics.plots.canvas import Canvas
from http_ingress.statistics.plots.scales import bytes_unit
from http_ingress.statistics.report import Report

TO_FILL = ("Choose other days above, or begin with some:", "muniment demo")
"""What to do where there is nothing to show."""
_FILLED = 0.82
"""Of the width that a bar might take."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The bars of one colour."""

    name: str
    """Empty: they need no name."""
    colour: str
    heights: Mapping[datetime, float]


def draw_uses(canvas: Canvas, report: Report) -> None:
    """Draw how often the capabilities were used."""
    title, usage = "Uses by capability", report.usage()
    if not any(one.uses for one in usage):
        canvas.say(title, "Nothing was used in these days.", *TO_FILL)
        return
    layers = [
        _Layer(
            one.title,
            canvas.look.of_capability(one.name),
            {use.at: use.uses for use in usage if use.capability == one.name},
        )
        for one in report.asked.capabilities()
    ]
    _draw(canvas, report, title, "requests", layers)


def draw_outcomes(canvas: Canvas, report: Report) -> None:
    """Draw what came of what was asked for."""
    title = "Outcomes"
    served: Counter[datetime] = Counter()
    failed: Counter[datetime] = Counter()
    for one in report.usage():
        served[one.at] += one.served
        failed[one.at] += one.failures
    if not served.total() and not failed.total():
        canvas.say(title, "Nothing came to an end in these days.", *TO_FILL)
        return
    look = canvas.look
    layers = [_Layer("served", look.good, served), _Layer("failed", look.bad, failed)]
    _draw(canvas, report, title, "results", layers)


def draw_bytes(canvas: Canvas, report: Report) -> None:
    """Draw how many bytes were archived."""
    title, found = "Bytes archived", dict(report.archived_bytes())
    if not found:
        how = ("Choose other days above, or send one:", "muniment ingest FILE")
        canvas.say(title, "No file was archived in these days.", *how)
        return
    unit = bytes_unit(max(found.values()))
    heights = {at: size / unit.size for at, size in found.items()}
    _draw(canvas, report, title, unit.name, [_Layer("", canvas.look.good, heights)])


def _draw(canvas: Canvas, report: Report, title: str, unit: str, layers: Sequence[_Layer]) -> None:
    asked = report.asked
    (axes,) = canvas.axes(title, f"{unit} per {asked.by}")
    step = 1.0 if asked.by == "day" else 1 / 24
    times = sorted({at for layer in layers for at in layer.heights})
    middles = [canvas.x(asked.days, at) + step / 2 for at in times]
    below = [0.0] * len(times)
    bars = []
    for layer in layers:
        heights = [layer.heights.get(at, 0) for at in times]
        width, colour = _FILLED * step, layer.colour
        bars.append(axes.bar(middles, heights, width, below, color=colour, linewidth=0))
        below = [one + two for one, two in zip(below, heights, strict=True)]
    canvas.time([axes], asked.days, centred=asked.by == "day")
    canvas.count(axes)
    if any(layer.name for layer in layers):
        canvas.legend(bars, [layer.name for layer in layers])
