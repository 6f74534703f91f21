"""`muniment packager pin|unpin|anonymize|import`: on the database itself, like `db upgrade`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from ops.commands.caller import AsJson, caller
from ops.commands.counting import counting
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json
from ops.stores import open_store
from store import package_tidying
from store.anonymity import anonymiser
from store.errors import MunimentError
from store.packager_anonymising import anonymise_original, anonymise_rows
from store.packager_import import import_statistics

app = command_group("Looking after packages and their statistics.")

Package = Annotated[
    str, typer.Argument(metavar="NAME|ID", help="Name of the zip, its link, or the package's id.")
]


@app.command(epilog=epilog("packager pin PACKAGE"))
def pin(context: typer.Context, package: Package) -> None:
    """Keep a package beyond its time, until it is unpinned."""
    _pin(context, package, pinned=True)
    typer.echo(f"{package} is kept until it is unpinned.")


@app.command(epilog=epilog("packager unpin PACKAGE"))
def unpin(context: typer.Context, package: Package) -> None:
    """Let a package go when its time is over, which may be at once."""
    _pin(context, package, pinned=False)
    typer.echo(f"{package} goes when its time is over.")


@app.command(
    epilog=epilog(
        "packager anonymize --dry-run",
        "packager anonymize",
        "packager anonymize --database sqlite:////var/lib/ckanpackager/stats.db",
    )
)
def anonymize(
    context: typer.Context,
    *,
    database_url: Annotated[
        str | None,
        typer.Option("--database", help="Of a ckanpackager. Default: our own statistics."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--dry_run", "-d", help="Change nothing; say what would.")
    ] = False,
) -> None:
    """Replace the addresses in the statistics by hashes.

    By those that `MUNIMENT_PACKAGER_ANONYMIZE` says; if it says `no`, by ckanpackager's. What is a
    hash already stays: the same command again does the rest.
    """
    count = 0
    ours = database_url is None
    with opened(context) if ours else open_store(caller(context).settings) as store:
        typed = store.settings.packager_anonymize == "no"
        hashing = anonymiser("bcrypt") if typed else store.anonymise
        rows = (
            anonymise_rows(store.database, hashing, dry_run=dry_run)
            if database_url is None
            else anonymise_original(database_url, hashing, dry_run=dry_run)
        )
        for one in rows:
            count += 1
            if dry_run:
                typer.echo(f"Would have updated {one.table} with {_shown(one.row)}")
    typer.echo(
        f"Rows that would be anonymised: {count}." if dry_run else f"Rows anonymised: {count}."
    )
    if typed and ours:
        typer.echo("New ones are kept as typed: set MUNIMENT_PACKAGER_ANONYMIZE=bcrypt.", err=True)


@app.command("import", epilog=epilog("packager import sqlite:////var/lib/ckanpackager/stats.db"))
def import_(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="DATABASE_URL", help="ckanpackager's STATS_DB.")],
    *,
    into_existing: Annotated[
        bool, typer.Option("--into-existing", help="Also if something has been counted here.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Take over the statistics of a ckanpackager: all, or nothing.

    Addresses are stored as `MUNIMENT_PACKAGER_ANONYMIZE` says. Before anything is counted here.
    """
    with opened(context) as store, counting("importing") as tell:
        done = import_statistics(
            store.database, source, store.anonymise, into_existing=into_existing, progress=tell
        )
    if json:
        print_json({"requests": done.requests, "errors": done.errors, "resources": done.resources})
    else:
        typer.echo(
            f"Imported: {done.requests} requests, {done.errors} errors, "
            f"totals of {done.resources} resources."
        )


def _pin(context: typer.Context, package: str, *, pinned: bool) -> None:
    with opened(context) as store:
        if not package_tidying.pin(store.database, package, pinned=pinned):
            raise MunimentError(f"there is no package {package!r}, or it has been removed")


def _shown(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items())
