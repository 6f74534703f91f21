"""What `bench package` measured, as JSON for programs and as tables with how to read them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from ops.bench.figures import Spread, spread
from ops.bench.laps import Lap
from ops.bench.package import Kind, Measured
from ops.bench.tables import columns, courses

_MB = 1e6
_MIB = 1024 * 1024
_TITLES = {
    "rows": "{place}: {rows} rows of {columns} columns",
    "file": "a file of {size:g} MB",
    "compression": "compression of {size:g} MB of CSV",
}
_MANUAL = (
    "Figures are medians over the rounds (least-most). times: how many times as long it took as "
    "what stands first, in the same round; size: of the zip, the same way. The plain script reads "
    "pages of objects with orjson, writes them with csv.writer, deflates with isal, and does "
    "nothing else; Muniment's time is from the order until the package can be had, durable, with "
    "checkpoints on the way. Wanted: 1.3 times at most for pages of objects and for the file. "
    "Pages of CSV are what CKAN offers when no column holds decimals. Only ratios of one run can "
    "be compared. Memory is the most that a process has ever held resident; it should not grow "
    "with the number of rows, or the size of the file."
)
_NO_ZIP = (
    "zip is not installed, so compression was not compared with it. Debian, Ubuntu: "
    "apt-get install zip"
)


def package_json(measured: Measured) -> dict[str, Any]:
    """Return what `bench package` prints for programs."""
    return {
        "place": measured.place,
        "dataset": asdict(measured.dataset),
        "kinds": [_kind_json(kind) for kind in measured.kinds],
        "idle_memory": measured.idle,
        "peak_memory": measured.peak,
    }


def print_package(console: Console, measured: Measured) -> None:
    """Print what `bench package` prints for people."""
    for kind in measured.kinds:
        _print_kind(console, measured, kind)
    if all(kind.name != "compression" for kind in measured.kinds):
        console.print(f"{_NO_ZIP}\n")
    memory = columns(["memory, MiB", *measured.idle])
    for name, held in (("idle", measured.idle), ("peak", measured.peak)):
        memory.add_row(name, *map(_mib, held.values()))
    console.print(memory)
    console.print(f"\n{_MANUAL}", style="dim")


def _print_kind(console: Console, measured: Measured, kind: Kind) -> None:
    dataset = measured.dataset
    title = _TITLES[kind.name].format(
        place=measured.place, rows=dataset.rows, columns=dataset.columns, size=kind.size / _MB
    )
    rate = "rows/s" if kind.name == "rows" else "MB/s"
    made = columns([title, rate, "seconds", "times", "zip MB", "size", "CPU s"])
    unit = 1 if kind.name == "rows" else _MB
    for one in _courses(kind):
        made.add_row(
            one["course"],
            str(_scaled(one["per_second"], unit)),
            str(one["seconds"]),
            f"{one['times'].median:.2f} ({one['times'].least:.2f}-{one['times'].most:.2f})",
            f"{one['packed'] / _MB:.1f}",
            f"{one['packed_ratio']:.3f}",
            " + ".join(f"{used:.1f} {name}" for name, used in one["cpu"].items() if used),
        )
    console.print(made)
    console.print()


def _kind_json(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "size": kind.size,
        "courses": [
            {name: asdict(one) if isinstance(one, Spread) else one for name, one in course.items()}
            for course in _courses(kind)
        ],
    }


def _courses(kind: Kind) -> list[dict[str, Any]]:
    """Return what each course came to, what is compared with first."""
    first = next(iter(kind.laps.values()))
    least = next(iter(kind.packed.values()))
    return [
        {
            "course": figures.course,
            "per_second": figures.per_second,
            "seconds": spread(lap.seconds for lap in laps),
            "times": spread(
                lap.seconds / other.seconds for lap, other in zip(laps, first, strict=True)
            ),
            "packed": kind.packed[figures.course],
            "packed_ratio": kind.packed[figures.course] / least,
            "cpu": {name: _cpu(name, laps) for name in laps[0].cpu},
        }
        for figures, laps in zip(courses(kind.laps), kind.laps.values(), strict=True)
    ]


def _cpu(name: str, laps: Sequence[Lap]) -> float | None:
    """Return the CPU seconds of a process in one lap."""
    used = [lap.cpu[name] for lap in laps]
    known = [one for one in used if one is not None]
    return spread(known).median if len(known) == len(used) else None


def _scaled(one: Spread, unit: float) -> Spread:
    return Spread(one.median / unit, one.least / unit, one.most / unit)


def _mib(size: int | None) -> str:
    return "" if size is None else f"{size / _MIB:.0f}"
