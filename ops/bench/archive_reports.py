"""What `bench archive` measured, as JSON for programs and as tables with how to read them."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from rich.console import Console

from ops.bench.archive import Kind, Measured
from ops.bench.figures import Spread, percentile
from ops.bench.laps import Lap
from ops.bench.tables import columns, courses

_MANUAL = (
    "Figures are medians over the rounds (least-most); percentiles are of all rounds together. "
    "ratio: requests/s against the raw floor of the same round, which writes a frame with its "
    "version, headers and cells of the sky in one transaction, or reads the same rows, by plain "
    "SQL in as many threads as there are connections, and nothing else. create is a POST of 4 KB "
    "of headers and an area, answered when it is durable; list, a GET of the newest 100 of "
    "{listed} frames and more; md5, a GET of the version of a digest; zip, {files} files of "
    "{megabytes:g} MB against cat of them through a pipe; notices, from the first POST until the "
    "last frame was announced to a subscriber, against the POSTs themselves. Wanted over 16 "
    "connections: a ratio of 0.2 for create and list, of 0.1 for md5, of 1 for notices. Nobody "
    "examines files meanwhile. Only ratios of one run can be compared."
)
_MEGABYTES = "zip"
"""The kind of work whose things are bytes."""


def archive_json(measured: Measured) -> dict[str, Any]:
    """Return what `bench archive` prints for programs."""
    wanted = measured.wanted
    return {
        "place": measured.place,
        "listed": wanted.listed,
        "files": wanted.files,
        "file_size": wanted.file_size,
        "kinds": [_kind_json(kind) for kind in measured.kinds],
    }


def print_archive(console: Console, measured: Measured) -> None:
    """Print what `bench archive` prints for people."""
    names = ["floor/s", "archive/s", "ratio", "p50 ms floor", "p50 ms", "p99 ms floor", "p99 ms"]
    speed = columns([measured.place, *names, "lost", "doubled"])
    for kind in measured.kinds:
        floor, ours = courses(kind.laps)
        times = list(_latencies(kind).values())
        speed.add_row(
            _name(kind),
            *(_rate(kind, one.per_second) for one in (floor, ours)),
            str(ours.ratio),
            *(f"{one[part]:.1f}" if one else "" for part in ("p50", "p99") for one in times),
            *(str(one) for one in (ours.lost, ours.doubled)),
        )
    console.print(speed)
    processes = list(courses(measured.kinds[0].laps)[1].cpu_per_1000)
    cost = columns(["CPU s/1000", *processes])
    for kind in measured.kinds:
        used = courses(kind.laps)[1].cpu_per_1000
        if kind.work != _MEGABYTES and used:
            spent = (used.get(name) for name in processes)
            cost.add_row(_name(kind), *("" if one is None else f"{one:.2f}" for one in spent))
    console.print()
    console.print(cost)
    wanted = measured.wanted
    manual = _MANUAL.format(
        listed=wanted.listed, files=wanted.files, megabytes=wanted.file_size / 1e6
    )
    console.print(f"\n{manual}", style="dim")


def _kind_json(kind: Kind) -> dict[str, Any]:
    return {
        "work": kind.work,
        "connections": kind.connections,
        "courses": [asdict(one) for one in courses(kind.laps)],
        "latency_ms": _latencies(kind),
    }


def _latencies(kind: Kind) -> dict[str, dict[str, float]]:
    """Return milliseconds by course; of what is not timed piece by piece, nothing."""
    return {name: _latency(laps) for name, laps in kind.laps.items()}


def _latency(laps: Sequence[Lap]) -> dict[str, float]:
    times = list(chain.from_iterable(lap.times for lap in laps))
    return {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99)} if times else {}


def _rate(kind: Kind, per_second: Spread) -> str:
    if kind.work != _MEGABYTES:
        return str(per_second)
    values = (per_second.median, per_second.least, per_second.most)
    return f"{Spread(*(value / 1e6 for value in values))} MB"


def _name(kind: Kind) -> str:
    if kind.work == _MEGABYTES:
        return kind.work
    return f"{kind.work}, {kind.connections} connection{'s' if kind.connections > 1 else ''}"
