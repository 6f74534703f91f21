"""`muniment doctor`: what is wrong, and what to do about it."""

import random
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ops.commands.caller import AsJson, caller
from ops.commands.manual import epilog
from ops.commands.printing import console, print_json
from ops.doctor import Finding, Patient, examine
from ops.doctor.hands import hands
from ops.exits import ExitCode
from ops.stores import clock, open_store
from store.errors import SetupError

_PATIENCE_SECONDS = 2.0
_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "skipped": "dim"}

app = typer.Typer()


@app.command(
    epilog=epilog("doctor", "doctor --repair --dry-run", "doctor --repair", "doctor --deep --json")
)
def doctor(
    context: typer.Context,
    *,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Put back what was lost on its way; hand on dead work."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --repair: only say what would be done.")
    ] = False,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Look at all objects and the whole ledger, not at a part."),
    ] = False,
    json: AsJson = False,
) -> None:
    """Say what is wrong, and what to do about it.

    Looks at database, objects, broker, disks and clocks, at what waits and at what is missing, and
    posts a probe that must come through. Without --repair it changes nothing else; with it, nothing
    is ever deleted, and to repair twice does nothing more. Exits with 1 when something is wrong,
    and was not repaired.
    """
    if dry_run and not repair:
        raise SetupError("--dry-run goes with --repair")
    calling = caller(context)
    with open_store(calling.settings) as store, calling.client(_PATIENCE_SECONDS) as client:
        patient = Patient(
            calling.settings,
            store,
            client,
            calling.url,
            clock,
            random.random,
            deep=deep,
            hands=hands(calling.settings, store, dry_run=dry_run) if repair else None,
        )
        findings = list(examine(patient))
    if json:
        print_json(findings)
    else:
        _show(findings)
    if any(one.state == "wrong" and not one.mended for one in findings):
        raise typer.Exit(ExitCode.FAILED)


def _show(findings: list[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in findings:
        text = Text(one.text)
        for item in one.items:
            text.append(f"\n   {item}", style="dim")
        if one.repaired:
            text.append(f"\n-> {one.repaired}", style="bold green")
        elif one.advice:
            text.append(f"\n-> {one.advice}", style="bold")
        table.add_row(Text(one.state, style=_STYLES[one.state]), Text(one.check), text)
    console().print(table)
