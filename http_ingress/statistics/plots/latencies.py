"""Plot of how long uses took until they were served, or had failed: percentiles."""

from collections.abc import Sequence

from http_ingress.statistics.plots.bars import TO_FILL
from http_ingress.statistics.plots.canvas import Canvas, Stroke
from http_ingress.statistics.report import Report
from store.statistics.summing import PARTS, latency

_STROKES: Sequence[Stroke] = ((2.0, 1.0), (1.3, 0.75), (0.8, 0.6))
"""Of the line of each of `PARTS`."""


def draw_latency(canvas: Canvas, report: Report) -> None:
    """Draw one panel for each capability that was used."""
    asked, title = report.asked, "Time from request to result"
    used = {one.capability for one in report.took}
    chosen = [one for one in asked.capabilities() if one.name in used]
    if not chosen:
        canvas.say(title, "Nothing came to an end in these days.", *TO_FILL)
        return
    panels = canvas.axes(title, "50, 90 and 99 % of the results took no longer", len(chosen))
    half = 0.5 if asked.by == "day" else 0.5 / 24
    for axes, one in zip(panels, chosen, strict=True):
        took = [two for two in report.took if two.capability == one.name]
        middles = [canvas.x(asked.days, two.at) + half for two in took]
        found = [latency(two.buckets).percentiles for two in took]
        colour = canvas.look.of_capability(one.name)
        for part, stroke in enumerate(_STROKES):
            points = [(x, parts[part]) for x, parts in zip(middles, found, strict=True)]
            canvas.line(axes, points, colour, stroke)
        axes.set_title(one.title, loc="left", color=canvas.look.ink, fontsize=8, pad=4)
    for axes in panels:
        canvas.seconds(axes)
    canvas.time(panels, asked.days, centred=asked.by == "day")
    handles = [canvas.line(panels[0], [], canvas.look.soft, stroke) for stroke in _STROKES]
    canvas.legend(handles, [f"{part:.0%}" for part in PARTS])
