"""`muniment stats`: what was counted, and whether the ledger says the same."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from ops.commands.caller import AsJson
from ops.commands.counting import counting
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json, print_table
from ops.exits import ExitCode
from ops.statistics_output import Shown, capability_rows, shown_json, type_rows
from ops.stores import clock
from schemas.capabilities import CAPABILITIES
from store.database import Database
from store.errors import SetupError
from store.statistics.rebuilding import rebuild as rebuild_figures
from store.statistics.summing import by_capability, by_type
from store.statistics.verifying import Verdict
from store.statistics.verifying import verify as verify_figures
from store.statistics.views import Days, buckets, counted

_SHOWN = 20

app = command_group("What has happened, counted: how often, how large, how long.")


@app.command(
    epilog=epilog("stats show", "stats show --capability archive --days 7", "stats show --json")
)
def show(
    context: typer.Context,
    *,
    capability: Annotated[
        str | None, typer.Option("--capability", metavar="NAME", help="Only this one.")
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=36_500, help="Of so many days, today included.")
    ] = 30,
    json: AsJson = False,
) -> None:
    """Show uses, failures, bytes and latencies, by capability and by type of event.

    Days are of UTC. A latency is the time from what led to an event until the event; percentiles
    are at most a fifth too high.
    """
    if capability is not None and capability not in CAPABILITIES:
        names = ", ".join(CAPABILITIES)
        raise SetupError(f"there is no capability {capability!r}; there are {names}")
    today = clock().date()
    chosen = Days(today - timedelta(days=days - 1), today)
    with opened(context) as store:
        figures = by_type(counted(store.database, chosen, "day"))
        durations = buckets(store.database, chosen)
    shown = Shown(by_capability(figures, durations), figures, durations).only(capability)
    if json:
        print_json({"from": chosen.first, "to": chosen.last, **shown_json(shown)})
        return
    since = f"{chosen.first} to {chosen.last}, UTC"
    typer.echo(f"{since}:\n")
    print_table(*capability_rows(shown), empty="Nothing is known.")
    typer.echo()
    print_table(*type_rows(shown), empty="Nothing was counted.")


@app.command(
    epilog=epilog("stats rebuild --verify", "stats rebuild", "stats rebuild --verify --json")
)
def rebuild(
    context: typer.Context,
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="Change nothing; compare, and show what differs.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Count the whole ledger anew, and replace all figures.

    Everything may go on meanwhile; nothing is counted twice, whatever is still in queues. After
    an upgrade from a release without statistics, this counts what has happened before. With
    --verify it exits with 4 when a figure is not what the ledger says.
    """
    with opened(context) as store:
        if verify:
            _verify(store.database, json=json)
            return
        with counting("counting") as told:
            rebuilt = rebuild_figures(store.database, clock, told)
    if json:
        print_json(asdict(rebuilt))
    else:
        typer.echo(
            f"{rebuilt.events} events were counted, all up to ledger position {rebuilt.position}, "
            f"in {rebuilt.figures} figures."
        )


def _verify(database: Database, *, json: bool) -> None:
    with counting("comparing") as told:
        verdict = verify_figures(database, told)
    if json:
        print_json({"equal": not verdict.differences, **asdict(verdict)})
    else:
        _tell(verdict)
    if verdict.differences:
        raise typer.Exit(ExitCode.DRIFT)


def _tell(verdict: Verdict) -> None:
    differ = len(verdict.differences)
    if differ:
        rows = [
            (one.table, _key(one.key), one.figure, _figure(one.found), _figure(one.expected))
            for one in verdict.differences[:_SHOWN]
        ]
        print_table(("TABLE", "KEY", "FIGURE", "IS", "SHOULD BE"), rows, empty="")
        if differ > _SHOWN:
            typer.echo(f"and {differ - _SHOWN} more; --json lists them all")
        typer.echo(f"{differ} figures differ from the ledger; `muniment stats rebuild` mends them.")
    else:
        typer.echo(f"All figures agree with the ledger: {verdict.events} events are counted.")
    if verdict.waiting:
        typer.echo(
            f"{verdict.waiting} events wait to be counted; if no process of `update-stats` is "
            "behind, `muniment stats rebuild` counts them."
        )


def _key(key: str) -> str:
    # Names of types and resources are made up by whoever sends them.
    return key if key.isprintable() else ascii(key)


def _figure(value: int | None) -> str:
    return "no row" if value is None else str(value)
