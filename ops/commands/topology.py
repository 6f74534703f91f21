"""`muniment topology`: the exchanges, queues and bindings that RabbitMQ has to have."""

from collections.abc import Sequence

import typer

from consumers.registry import CONSUMERS
from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.exits import ExitCode
from ops.settings import EMBEDDED, Settings
from ops.topology import Difference, Topology, derive
from ops.topology import apply as apply_topology
from ops.topology import plan as plan_topology
from store.errors import SetupError

_WRONG = {"missing", "different"}

app = command_group("The exchanges, queues and bindings that RabbitMQ has to have.")


@app.command(epilog=epilog("topology plan"))
def plan(context: typer.Context, *, json: AsJson = False) -> None:
    """Show what RabbitMQ lacks, and change nothing.

    Exits with 1 when something is missing or different.
    """
    settings, wanted = _wanted(context)
    found = plan_topology(settings.bus_url, wanted, settings.management_url)
    _show(found, json=json)
    if any(one.state in _WRONG for one in found):
        raise typer.Exit(ExitCode.FAILED)


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


def _wanted(context: typer.Context) -> tuple[Settings, Topology]:
    settings = caller(context).settings
    if settings.bus_url == EMBEDDED:
        raise SetupError("the embedded bus needs no topology; MUNIMENT_BUS_URL names none other")
    return settings, derive(CONSUMERS, archived_fits=settings.archived_fits_exchange)


def _show(found: Sequence[Difference], *, json: bool) -> None:
    if json:
        print_json({"differences": found})
        return
    rows = ((one.state, one.kind, one.name, one.detail) for one in found)
    print_table(
        ("state", "kind", "name", "detail"), rows, "RabbitMQ has everything it has to have."
    )
