"""What `bench records` measured, as JSON for programs and as tables with how to read them."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

from rich.console import Console

from ops.bench.figures import percentile
from ops.bench.laps import Lap
from ops.bench.records import Kind, Measured
from ops.bench.tables import columns, courses

_MANUAL = (
    "Figures are medians over the rounds (least-most); percentiles are of all rounds together. "
    "ratio: requests/s against the raw floor of the same round, which writes one row per record "
    "in a transaction of its own, or reads the same rows, through SQLAlchemy in as many threads "
    "as there are connections, and nothing else. p99 ratio: how many times as long the slowest "
    "hundredth takes. Wanted over 16 connections: a ratio of 0.2 for create, of 0.1 for get, and "
    "a p99 ratio below 10. create and update are the two PUTs of a run, answered when they are "
    "durable; list is a GET of a project of {listed} records. Only ratios of one run can be "
    "compared. CPU of broker and database is that of the whole server, whoever else uses it."
)


def records_json(measured: Measured) -> dict[str, Any]:
    """Return what `bench records` prints for programs."""
    return {
        "place": measured.place,
        "listed": measured.listed,
        "kinds": [_kind_json(kind) for kind in measured.kinds],
    }


def print_records(console: Console, measured: Measured) -> None:
    """Print what `bench records` prints for people."""
    names = ["floor/s", "records/s", "ratio", "p50 ms floor", "p50 ms", "p99 ms floor", "p99 ms"]
    speed = columns([measured.place, *names, "p99 ratio", "lost", "doubled"])
    for kind in measured.kinds:
        found = _kind_json(kind)
        floor, ours = courses(kind.laps)
        times = list(found["latency_ms"].values())
        speed.add_row(
            _name(kind),
            *(str(one) for one in (floor.per_second, ours.per_second, ours.ratio)),
            *(f"{one[part]:.1f}" for part in ("p50", "p99") for one in times),
            f"{found['p99_ratio']:.1f}",
            *(str(one) for one in (ours.lost, ours.doubled)),
        )
    console.print(speed)
    processes = list(courses(measured.kinds[0].laps)[1].cpu_per_1000)
    cost = columns(["CPU s/1000", *processes])
    for kind in measured.kinds:
        spent = courses(kind.laps)[1].cpu_per_1000.values()
        cost.add_row(_name(kind), *("" if one is None else f"{one:.2f}" for one in spent))
    console.print()
    console.print(cost)
    console.print(f"\n{_MANUAL.format(listed=measured.listed)}", style="dim")


def _kind_json(kind: Kind) -> dict[str, Any]:
    latency = {name: _latency(laps) for name, laps in kind.laps.items()}
    floor, ours = latency.values()
    return {
        "work": kind.work,
        "connections": kind.connections,
        "courses": [asdict(one) for one in courses(kind.laps)],
        "latency_ms": latency,
        "p99_ratio": ours["p99"] / floor["p99"],
    }


def _latency(laps: Sequence[Lap]) -> dict[str, float]:
    times = list(chain.from_iterable(lap.times for lap in laps))
    return {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99)}


def _name(kind: Kind) -> str:
    return f"{kind.work}, {kind.connections} connection{'s' if kind.connections > 1 else ''}"
