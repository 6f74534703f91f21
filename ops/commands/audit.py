"""`muniment audit`: who changed what of components, users and tokens."""

from typing import Annotated

import typer
from pydantic_core import from_json

from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.stores import open_store, prepare
from store.audit import Line, page

app = command_group("Who changed what of components, users and tokens.")

_WIDEST = 60
"""Characters of a value in a table; `--json` has all of it."""


@app.command("audit", epilog=epilog("audit", "audit --of component:platform --json"))
def show(
    context: typer.Context,
    *,
    of: Annotated[
        str | None,
        typer.Option("--of", help="Changes of this: component:NAME, user:NAME or token:ID."),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="How many.")] = 50,
    before: Annotated[
        int | None, typer.Option("--before", min=1, help="Changes before the one of this id.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show who changed what, the latest first."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        lines = page(store.database, before=before, most=most, what=of)
    if json:
        print_json([_whole(line) for line in lines])
        return
    rows = (
        (
            line.id,
            f"{line.at:%Y-%m-%d %H:%M:%S}",
            line.who,
            line.what,
            line.field,
            _short(line.old),
            _short(line.new),
        )
        for line in lines
    )
    columns = ("id", "at (UTC)", "who", "what", "field", "before", "after")
    print_table(columns, rows, "Nothing was changed.")


def _whole(line: Line) -> dict[str, object]:
    old, new = (None if one is None else from_json(one) for one in (line.old, line.new))
    return {
        "id": line.id,
        "at": line.at,
        "who": line.who,
        "what": line.what,
        "field": line.field,
        "old": old,
        "new": new,
    }


def _short(kept: str | None) -> str:
    text = "" if kept is None else kept
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
