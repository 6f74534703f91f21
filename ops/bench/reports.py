"""What was measured, as JSON for programs and as tables with a word on how to read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from ops.bench import events, ingest
from ops.bench.figures import Figures, figures, percentile
from ops.bench.laps import Lap

_MIB = 1024 * 1024
_EVENTS = (
    "Figures are medians over the rounds (least-most). ratio: events/s against the raw floor of "
    "the same round, which does the same durable work without HTTP, envelope, ledger or anything "
    "that would make a repetition harmless. Only ratios of one run can be compared. CPU of broker "
    "and database is that of the whole server, whoever else uses it."
)
_INGEST = (
    "Figures are medians over the rounds (least-most). ratio: files/s against the raw copy of the "
    "same round, which reads, hashes, writes and syncs the same bytes, one file after another. "
    "Only ratios of one run can be compared. Memory is the most that a process has ever held "
    "resident; it should not grow with the size of a file."
)


def is_whole(courses: Mapping[str, Sequence[Lap]]) -> bool:
    """Whether nothing was lost and nothing doubled."""
    return not any(lap.lost or lap.doubled for laps in courses.values() for lap in laps)


# --- events -------------------------------------------------------------------------------------


def events_json(measured: events.Measured) -> dict[str, Any]:
    """Return what `bench events` prints for programs."""
    times = {"accepted": measured.latency.accepted, "answered": measured.latency.answered}
    return {
        "place": measured.place,
        "courses": [asdict(one) for one in _figures(measured.laps)],
        "latency_ms": {
            name: {
                "events": len(found),
                "p50": percentile(found, 0.5),
                "p99": percentile(found, 0.99),
            }
            for name, found in times.items()
        },
    }


def print_events(console: Console, measured: events.Measured) -> None:
    """Print what `bench events` prints for people."""
    found = events_json(measured)
    console.print(_table(measured.place, "events", _figures(measured.laps)))
    for name, until in (("accepted", "the answer"), ("answered", "the follow-on is seen")):
        one = found["latency_ms"][name]
        console.print(
            f"One at a time, from POST until {until}: "
            f"p50 {one['p50']:.1f} ms, p99 {one['p99']:.1f} ms"
        )
    console.print(f"\n{_EVENTS}", style="dim")


# --- ingest -------------------------------------------------------------------------------------


def ingest_json(measured: ingest.Measured) -> dict[str, Any]:
    """Return what `bench ingest` prints for programs."""
    return {
        "place": measured.place,
        "idle_memory": measured.idle,
        "kinds": [
            {
                "files": kind.files,
                "size": kind.size,
                "courses": [asdict(one) for one in _figures(kind.laps)],
                "peak_memory": kind.peak,
            }
            for kind in measured.kinds
        ],
    }


def print_ingest(console: Console, measured: ingest.Measured) -> None:
    """Print what `bench ingest` prints for people."""
    for kind in measured.kinds:
        title = f"{measured.place}: {kind.files} of {kind.size / _MIB:g} MiB"
        console.print(_table(title, "files", _figures(kind.laps), kind.size))
    memory = _columns(["memory, MiB", *measured.idle])
    memory.add_row("idle", *map(_mib, measured.idle.values()))
    for kind in measured.kinds:
        name = f"after {kind.files} of {kind.size / _MIB:g} MiB"
        memory.add_row(name, *map(_mib, kind.peak.values()))
    console.print(memory)
    console.print(f"\n{_INGEST}", style="dim")


# --- both ---------------------------------------------------------------------------------------


def _figures(courses: Mapping[str, Sequence[Lap]]) -> list[Figures]:
    floor = next(iter(courses.values()))
    return [figures(name, laps, floor) for name, laps in courses.items()]


def _table(title: str, things: str, found: Sequence[Figures], size: int = 0) -> Table:
    processes = list(dict.fromkeys(name for one in found for name in one.cpu_per_1000))
    table = _columns(
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
        table.add_row(one.course, str(one.per_second), *rate, str(one.ratio), *spent, *whole)
    return table


def _columns(names: Iterable[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left")
    return table


def _mib(size: int | None) -> str:
    return "" if size is None else f"{size / _MIB:.0f}"
