"""What came of it, as JSON for programs and as a table for people."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.bench.figures import percentile
from ops.chaos.run import Outcome


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return what `--json` prints."""
    account = outcome.account
    return {
        "place": outcome.place,
        "seed": outcome.seed,
        "seconds": round(outcome.seconds, 1),
        "kills": dict(outcome.kills),
        "faults": dict(outcome.others),
        "left_out": list(outcome.left_out),
        "accepted": account.accepted,
        "ended": account.ended,
        "lost": account.lost.number,
        "doubled": account.doubled.number,
        "waiting": list(outcome.waiting),
        "unexpected": list(outcome.unexpected),
        "details": [*account.lost.lines(), *account.doubled.lines()],
        "recovery_seconds": {
            kind: {
                "times": len(found),
                "p50": round(percentile(found, 0.5), 3),
                "max": round(max(found), 3),
            }
            for kind, found in outcome.recovery.items()
        },
    }


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Print it for people."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, figure in _rows(outcome):
        table.add_row(escape(name), figure)
    title = f"{outcome.place}, {outcome.seconds / 60:.1f} minutes of faults, seed {outcome.seed}"
    console.print(escape(title), style="bold")
    console.print(table)
    for what in outcome.left_out:
        console.print(f"Left out: {escape(what)}", style="dim")
    account = outcome.account
    for title, found in (
        ("Lost", account.lost.lines()),
        ("Doubled", account.doubled.lines()),
        ("Still waiting", outcome.waiting),
        ("Unexpected", outcome.unexpected),
    ):
        for what in found:
            console.print(f"[bold red]{title}:[/] {escape(what)}", soft_wrap=True)


def _rows(outcome: Outcome) -> Iterator[tuple[str, str]]:
    account = outcome.account
    yield "kills", f"[bold]{sum(outcome.kills.values())}[/]"
    for name, number in sorted(outcome.kills.items()):
        yield f"  {name}", str(number)
    yield "other faults", f"[bold]{sum(outcome.others.values())}[/]"
    for name, number in sorted(outcome.others.items()):
        yield f"  {name}", str(number)
    yield "recovery: seconds until the next event has ended", "p50 / most"
    for name, found in sorted(outcome.recovery.items()):
        yield f"  after a {name}", f"{percentile(found, 0.5):.2f} / {max(found):.2f}"
    yield "accepted", f"[bold]{account.accepted}[/]"
    yield "ended", f"[bold]{account.ended}[/]"
    for name, number in (
        ("lost", account.lost.number),
        ("doubled", account.doubled.number),
        ("still waiting", len(outcome.waiting)),
        ("unexpected", len(outcome.unexpected)),
    ):
        yield name, f"[bold {'red' if number else 'green'}]{number}[/]"
