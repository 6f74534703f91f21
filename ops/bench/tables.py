"""Tables of what was measured."""

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from ops.bench.figures import Figures, figures
from ops.bench.laps import Lap


def courses(laps: Mapping[str, Sequence[Lap]]) -> list[Figures]:
    """Return what each course came to; the first is the floor."""
    floor = next(iter(laps.values()))
    return [figures(name, found, floor) for name, found in laps.items()]


def table(title: str, things: str, found: Sequence[Figures], size: int = 0) -> Table:
    """Return a table of courses; `size`: bytes of each thing, if they have one."""
    processes = list(dict.fromkeys(name for one in found for name in one.cpu_per_1000))
    made = columns(
        [
            title,
            f"{things}/s",
            *(["MB/s"] if size else []),
            "ratio",
            *(f"CPU s/1000 {name}" for name in processes),
            "lost",
            "doubled",
        ]
    )
    for one in found:
        rate = [f"{one.per_second.median * size / 1e6:.1f}"] if size else []
        cpu = (one.cpu_per_1000.get(name) for name in processes)
        spent = ("" if used is None else f"{used:.2f}" for used in cpu)
        whole = (str(one.lost), str(one.doubled))
        made.add_row(one.course, str(one.per_second), *rate, str(one.ratio), *spent, *whole)
    return made


def columns(names: Iterable[str]) -> Table:
    """Return an empty table: names to the left, numbers to the right."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for number, name in enumerate(names):
        made.add_column(name, justify="right" if number else "left")
    return made
