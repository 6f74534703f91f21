"""The canvas: an empty plot in our looks, and the SVG that it becomes.

matplotlib keeps its settings for the whole process, so one plot is drawn at a time.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from http_ingress.statistics.plots.looks import SIZES, Look, Shape
from http_ingress.statistics.plots.scales import seconds_text, time_ticks, years
from store.statistics.views import Days

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

_PIXELS = 96
_DRAWING = Lock()
_SETTINGS: Any = {
    # As text: small, sharp, and to be found by who searches. What a machine has not is replaced.
    "svg.fonttype": "none",
    # Without it each drawing would have other names in it.
    "svg.hashsalt": "muniment",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans", "Segoe UI", "Helvetica Neue", "Arial"],
    "font.size": 8.0,
    "axes.unicode_minus": True,
}
_TITLE_SIZE = 10.0
_FEW = 60
"""Points of a line that can be told apart."""
_SECONDS = (0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36_000, 86_400, 864_000)
"""What people call tenfold."""
_NOTHING: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type"))


Stroke: TypeAlias = tuple[float, float]
"""Width of a line in points, and its opacity."""


class Canvas:
    """One plot that is being drawn."""

    def __init__(self, figure: "Figure", look: Look, shape: Shape) -> None:
        self.figure = figure
        self.look = look
        self.shape = shape

    def axes(self, title: str, unit: str, panels: int = 1) -> list["Axes"]:
        """Return empty axes below a title, side by side or one above the other, as there is room.

        `unit` is that of the ordinate, which they share where they are side by side.
        """
        width, height = SIZES[self.shape]
        left, top = 0.12 / width, 1 - 0.16 / height
        figure, look = self.figure, self.look
        text: dict[str, Any] = {"ha": "left", "va": "top"}
        figure.text(left, top, title, **text, color=look.ink, fontsize=_TITLE_SIZE, weight="bold")
        figure.text(left, top - 0.2 / height, unit, **text, color=look.soft)
        if self.shape == "wide":
            made = figure.subplots(1, panels, sharex=True, sharey=True, squeeze=False)[0]
        else:
            made = figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
        figure.subplots_adjust(
            left=0.55 / width,
            right=1 - 0.15 / width,
            top=1 - (0.66 if panels == 1 else 0.8) / height,
            bottom=(0.85 if self.shape == "narrow" else 0.62) / height,
            hspace=0.35,
            wspace=0.06,
        )
        for axes in made:
            axes.set_facecolor("none")
            axes.spines[["top", "right", "left"]].set_visible(False)
            axes.spines["bottom"].set_color(look.line)
            axes.grid(axis="y", color=look.line, linewidth=0.6)
            axes.set_axisbelow(True)
            axes.tick_params(colors=look.soft, length=0, pad=4)
            axes.tick_params(axis="x", pad=7)
        return list(made)

    def time(self, panels: Sequence["Axes"], days: Days, *, centred: bool) -> None:
        """Have the abscissas show these days, in days since the first; `centred`: one bar a day."""
        axes = panels[-1]
        most = {"wide": 14 // len(panels), "half": 7, "narrow": 4}[self.shape]
        ticks = time_ticks(days.begin, days.end, most)
        shift = 0.5 if centred else 0.0
        axes.set_xlim(0, (days.end - days.begin).days)
        axes.set_xticks(
            [(at - days.begin).total_seconds() / 86_400 + shift for at, _ in ticks],
            [name for _, name in ticks],
        )
        axes.annotate(
            f"{years(days.begin, days.end)}, UTC",
            (1, 0),
            (0, -20),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            color=self.look.soft,
            fontsize=7,
        )

    @staticmethod
    def x(days: Days, at: datetime) -> float:
        """Return where on the abscissa a time is."""
        return (at - days.begin) / timedelta(days=1)

    @staticmethod
    def count(axes: "Axes") -> None:
        """Have the ordinate show numbers that people can read."""
        from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - see `render`

        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: _grouped(number)))

    def seconds(self, axes: "Axes") -> None:
        """Have the ordinate show times of every length; to be called when all lines are drawn."""
        from matplotlib.ticker import (  # noqa: PLC0415 - see `render`
            FixedLocator,
            FuncFormatter,
            NullLocator,
        )

        axes.set_yscale("log")
        low, high = axes.get_ylim()
        # Two ticks at least, or nobody could tell how much anything is.
        low = max((one for one in _SECONDS if one <= low), default=low)
        high = min((one for one in _SECONDS if one >= high), default=high)
        ticks = [one for one in _SECONDS if low <= one <= high]
        axes.set_ylim(low, high)
        axes.yaxis.set_major_locator(FixedLocator(ticks[:: 1 if self.shape == "wide" else 2]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: seconds_text(seconds)))

    @staticmethod
    def line(
        axes: "Axes", points: Sequence[tuple[float, float | None]], colour: str, stroke: Stroke
    ) -> "Line2D":
        """Draw a line; its points are seen while they are few. Returns it for the legend."""
        width, alpha = stroke
        style: dict[str, Any] = {"color": colour, "linewidth": width, "alpha": alpha}
        if len(points) <= _FEW:
            style |= {"marker": "o", "markersize": width + 1.5, "markeredgewidth": 0}
        ys: Any = [y for _, y in points]
        (drawn,) = axes.plot([x for x, _ in points], ys, solid_joinstyle="round", **style)
        return drawn

    def legend(self, handles: Sequence[Any], names: Sequence[str]) -> None:
        """Show what the colours mean, below the plot."""
        width, height = SIZES[self.shape]
        columns = {"wide": 8, "half": 3, "narrow": 2}[self.shape]
        self.figure.legend(
            handles,
            names,
            loc="lower left",
            bbox_to_anchor=(0.06 / width, -0.02 / height),
            ncols=min(columns, max(1, len(names))),
            frameon=False,
            labelcolor=self.look.soft,
            handlelength=0.9,
            handleheight=0.9,
            handletextpad=0.5,
            columnspacing=1.3,
            borderpad=0.3,
        )

    def say(self, title: str, *lines: str) -> None:
        """Say in place of a plot why there is none, and what to do."""
        (axes,) = self.axes(title, "")
        axes.set_axis_off()
        for number, line in enumerate(lines):
            self.figure.text(
                0.5,
                0.56 - 0.085 * number,
                line,
                ha="center",
                va="center",
                color=self.look.soft if number else self.look.ink,
                fontsize=8 if number else 9,
            )


def render(draw: Callable[[Canvas], None], look: Look, shape: Shape) -> bytes:
    """Return what is drawn as SVG: the same for the same, and complete in itself. Blocking."""
    import matplotlib as mpl  # noqa: PLC0415 - takes a second, and not every process draws
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 - as above
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    with _DRAWING, mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=SIZES[shape], dpi=_PIXELS, facecolor=look.ground)
        FigureCanvasSVG(figure)
        draw(Canvas(figure, look, shape))
        written = StringIO()
        figure.savefig(written, format="svg", metadata=_NOTHING)
    text = written.getvalue()
    # Nothing is to be read from elsewhere, not even what an SVG is.
    return text[text.index("<svg") :].encode()


def _grouped(number: float) -> str:
    text = f"{number:,.10g}" if number % 1 else f"{number:,.0f}"
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")
