"""`muniment archive reconcile`: what is in the file store, and what frames say of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from ops.commands.caller import AsJson
from ops.commands.counting import counting
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json
from ops.exits import ExitCode
from ops.stores import Store, clock, new_id
from store.errors import SetupError
from store.frames.reconciling import Alone, reconcile
from store.frames.repairing import Repairs

app = command_group("Frames and their bytes.")


@app.command(
    "reconcile",
    epilog=epilog(
        "archive reconcile",
        "archive reconcile --days 30 --json",
        "archive reconcile --days 30 --repair --yes",
    ),
)
def reconcile_(
    context: typer.Context,
    *,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=36500, help="Younger bytes may still get their frame."),
    ] = 7,
    repair: Annotated[
        bool, typer.Option("--repair/--dry-run", help="Default: change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before deleting.")] = False,
    json: AsJson = False,
) -> None:
    """List files in the file store that no frame speaks of, and versions whose bytes are missing.

    With --repair the latter are looked at again, and what was found is noted; then the former are
    deleted. Without, it exits with 4 when there is anything to be done.
    """
    older_than = clock() - timedelta(days=days)
    with opened(context) as store:
        if store.file_store.kind == "dummy":
            raise SetupError("MUNIMENT_ARCHIVE_STORE_URL names no file store: nothing is anywhere")
        found = []
        for one in reconcile(store.database, store.file_store, older_than):
            found.append(one)
            _show(one, json=json)
        orphans = [one for one in found if one.stored is not None]
        lacking = [one for one in found if one.stored is None]
        if not json:
            typer.echo(
                f"{len(orphans)} files without a frame, older than {days} days; "
                f"{len(lacking)} versions and thumbnails without bytes."
            )
        if repair:
            _repair(store, lacking, orphans, older_than, asks=not yes)
        elif found:
            raise typer.Exit(ExitCode.DRIFT)


def _repair(
    store: Store,
    lacking: Sequence[Alone],
    orphans: Sequence[Alone],
    older_than: datetime,
    *,
    asks: bool,
) -> None:
    repairs = Repairs(store.database, store.objects, store.file_store, clock, new_id)
    with counting("looking") as tell:
        told = Counter[str]()
        for number, one in enumerate(lacking, 1):
            told[repairs.examine(one) or "nothing to be looked at"] += 1
            tell(number, len(lacking))
    said = ", ".join(f"{count} {what}" for what, count in sorted(told.items()))
    typer.echo(f"Looked at again: {said or 'nothing'}.", err=True)
    if orphans and asks:
        typer.confirm(f"Delete {len(orphans)} files without a frame?", abort=True, err=True)
    with counting("deleting") as tell:
        deleted = 0
        for number, one in enumerate(orphans, 1):
            deleted += repairs.delete(one, older_than)
            tell(number, len(orphans))
    typer.echo(f"Deleted: {deleted} files.", err=True)


def _show(one: Alone, *, json: bool) -> None:
    if json:
        print_json(
            {
                "path": one.place.path,
                "key": one.place.key,
                "lacks": "bytes" if one.stored is None else "frame",
                "size": None if one.stored is None else one.stored.size,
                "of": one.of or None,
            }
        )
    elif one.stored is None:
        typer.echo(f"no bytes  {one.place.path}  ({one.of})")
    else:
        typer.echo(f"no frame  {one.place.path} {one.place.key}".rstrip())
