"""Every plot there is, and how to get one."""

from collections.abc import Callable, Mapping

from http_ingress.statistics.plots.bars import draw_bytes, draw_outcomes, draw_uses
from http_ingress.statistics.plots.canvas import Canvas, render
from http_ingress.statistics.plots.latencies import draw_latency
from http_ingress.statistics.plots.looks import LOOKS, Shape, Theme
from http_ingress.statistics.plots.queues import draw_age, draw_depth
from http_ingress.statistics.report import Report

PLOTS: Mapping[str, Callable[[Canvas, Report], None]] = {
    "uses": draw_uses,
    "outcomes": draw_outcomes,
    "bytes": draw_bytes,
    "latency": draw_latency,
    "queue-depth": draw_depth,
    "queue-age": draw_age,
}
"""By name, in the order of the page."""


def draw(name: str, report: Report, theme: Theme, shape: Shape) -> bytes:
    """Return a plot as SVG; `name` is one of `PLOTS`. Blocking."""
    return render(lambda canvas: PLOTS[name](canvas, report), LOOKS[theme], shape)
