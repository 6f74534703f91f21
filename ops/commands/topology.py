"""`muniment topology`: the exchanges, queues and bindings that RabbitMQ has to have."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from consumers.registry import CONSUMERS
from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.exits import ExitCode
from ops.settings import EMBEDDED, Settings
from ops.stores import open_store, prepare
from ops.topology import PATIENCE, Difference, Topology, advice, derive, migrations
from ops.topology import apply as apply_topology
from ops.topology import plan as plan_topology
from store.errors import SetupError
from store.holding import nothing_leaves

app = command_group("The exchanges, queues and bindings that RabbitMQ has to have.")


@app.command(epilog=epilog("topology plan", "topology plan --json"))
def plan(context: typer.Context, *, json: AsJson = False) -> None:
    """Compare RabbitMQ with what it has to have, and change nothing.

    Exits with 4 when something is missing, different or unfinished. Every argument, bindings and
    policies are compared where MUNIMENT_MANAGEMENT_URL is set; without it that is said to be
    unknown.
    """
    settings, wanted = _wanted(context)
    found = plan_topology(settings.bus_url, wanted, settings.management_url)
    _show(found, json=json)
    if any(one.is_drift for one in found):
        raise typer.Exit(ExitCode.DRIFT)


@app.command(epilog=epilog("topology apply"))
def apply(context: typer.Context, *, json: AsJson = False) -> None:
    """Declare what RabbitMQ lacks; nothing is ever deleted.

    Exits with 1 when something is there and different: that is left as it is.
    """
    settings, wanted = _wanted(context)
    found = apply_topology(settings.bus_url, wanted)
    _show(found, json=json)
    if found:
        raise typer.Exit(ExitCode.FAILED)


@app.command(epilog=epilog("topology migrate --dry-run", "topology migrate ingest-file"))
def migrate(
    context: typer.Context,
    queues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUEUE]...", help="Of those that differ; none: all."),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the steps, and do nothing.")
    ] = False,
    patience: Annotated[
        float, typer.Option(help="Seconds for which consumers may hold what they have got.")
    ] = PATIENCE,
    json: AsJson = False,
) -> None:
    """Make queues anew whose arguments differ, with no message lost.

    Publishers and consumers may stay at work; without MUNIMENT_MANAGEMENT_URL, consumers have to be
    stopped. Interrupted, it goes on when it is run again. Some messages may be delivered twice.
    """
    settings, wanted = _wanted(context)
    planned = migrations(settings.bus_url, wanted, queues or (), settings.management_url)
    if not dry_run:
        with open_store(settings) as store:
            prepare(store, may_upgrade=False)
            for one in planned:
                one.run(partial(nothing_leaves, store.database), _say, patience=patience)
    if json:
        told = [{"queue": one.queue, "steps": one.steps, "moved": one.moved} for one in planned]
        print_json({"dry_run": dry_run, "migrations": told})
        return
    if dry_run:
        rows = ((one.queue, step) for one in planned for step in one.steps)
    else:
        rows = ((one.queue, " and back ".join(map(str, one.moved.values()))) for one in planned)
    columns = ("queue", "step" if dry_run else "messages moved")
    print_table(columns, rows, "No queue has to be made anew.")


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _wanted(context: typer.Context) -> tuple[Settings, Topology]:
    settings = caller(context).settings
    if settings.bus_url == EMBEDDED:
        raise SetupError("the embedded bus needs no topology; MUNIMENT_BUS_URL names none other")
    return settings, derive(
        CONSUMERS, archived_fits=settings.notice_exchange if settings.announces_on_bus else ""
    )


def _show(found: Sequence[Difference], *, json: bool) -> None:
    if json:
        print_json({"differences": [{**asdict(one), "advice": advice(one)} for one in found]})
        return
    rows = ((one.state, one.kind, one.name, one.detail, advice(one)) for one in found)
    print_table(
        ("state", "kind", "name", "detail", "what to do"),
        rows,
        "RabbitMQ has everything it has to have.",
    )
