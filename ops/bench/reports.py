"""What was measured, as JSON for programs and as tables with a word on how to read them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console

from ops.bench import events, ingest
from ops.bench.figures import percentile
from ops.bench.laps import Lap
from ops.bench.tables import columns, courses, table

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
        "courses": [asdict(one) for one in courses(measured.laps)],
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
    console.print(table(measured.place, "events", courses(measured.laps)))
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
                "courses": [asdict(one) for one in courses(kind.laps)],
                "peak_memory": kind.peak,
            }
            for kind in measured.kinds
        ],
    }


def print_ingest(console: Console, measured: ingest.Measured) -> None:
    """Print what `bench ingest` prints for people."""
    for kind in measured.kinds:
        title = f"{measured.place}: {kind.files} of {kind.size / _MIB:g} MiB"
        console.print(table(title, "files", courses(kind.laps), kind.size))
    memory = columns(["memory, MiB", *measured.idle])
    memory.add_row("idle", *map(_mib, measured.idle.values()))
    for kind in measured.kinds:
        name = f"after {kind.files} of {kind.size / _MIB:g} MiB"
        memory.add_row(name, *map(_mib, kind.peak.values()))
    console.print(memory)
    console.print(f"\n{_INGEST}", style="dim")


def _mib(size: int | None) -> str:
    return "" if size is None else f"{size / _MIB:.0f}"
