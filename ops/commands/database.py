"""`muniment db`: the tables."""

import typer

from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json
from ops.stores import open_store
from store.upgrading import current
from store.upgrading import upgrade as upgrade_tables

app = command_group("The database's tables.")


@app.command(epilog=epilog("db upgrade"))
def upgrade(context: typer.Context, *, json: AsJson = False) -> None:
    """Bring the tables to the newest revision.

    Safe to repeat, and while others do the same. `up` and `ingress` do it by themselves.
    """
    with open_store(caller(context).settings) as store:
        before = current(store.database)
        after = upgrade_tables(store.database)
    if json:
        print_json({"before": before, "after": after})
    elif before == after:
        typer.echo(f"The tables are at revision {after} already.")
    else:
        typer.echo(f"The tables are at revision {after} now; before: {before or 'none'}.")
