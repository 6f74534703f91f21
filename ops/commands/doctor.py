"""`muniment doctor`: what is wrong, and what to do about it."""

import typer
from rich.table import Table
from rich.text import Text

from ops.commands.caller import AsJson, caller
from ops.commands.manual import epilog
from ops.commands.printing import console, print_json
from ops.doctor import Finding, Patient, examine
from ops.exits import ExitCode
from ops.stores import clock, open_store

_PATIENCE_SECONDS = 2.0
_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "skipped": "dim"}

app = typer.Typer()


@app.command(epilog=epilog("doctor", "doctor --json"))
def doctor(context: typer.Context, *, json: AsJson = False) -> None:
    """Say what is wrong, and what to do about it.

    Looks at database, objects, broker, disk, clocks and backlog, and posts a probe that must come
    through. Changes nothing else. Exits with 1 when something is wrong.
    """
    calling = caller(context)
    with open_store(calling.settings) as store, calling.client(_PATIENCE_SECONDS) as client:
        patient = Patient(calling.settings, store, client, calling.url, clock)
        findings = list(examine(patient))
    if json:
        print_json(findings)
    else:
        _show(findings)
    if any(one.state == "wrong" for one in findings):
        raise typer.Exit(ExitCode.FAILED)


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in findings:
        text = Text(one.text)
        if one.advice:
            text.append(f"\n-> {one.advice}", style="bold")
        table.add_row(Text(one.state, style=_STYLES[one.state]), Text(one.check), text)
    console().print(table)
