"""`muniment archive token|rank|proposals|throttle`: who gets into the archive, and how often."""

from typing import Annotated

import typer

from ops.commands.caller import AsJson
from ops.commands.manual import command_group, epilog
from ops.commands.opened import opened
from ops.commands.printing import print_json, print_table
from ops.stores import clock
from store.archive.visit_rows import visited
from store.errors import SetupError

app = command_group("Users of the science archive.")

User = Annotated[str, typer.Argument(metavar="USER", help="Its name; `muniment user add` adds it.")]


@app.command(epilog=epilog("archive token pipeline", "archive token pipeline --renew"))
def token(
    context: typer.Context,
    user: User,
    *,
    renew: Annotated[bool, typer.Option("--renew", help="End the one there is first.")] = False,
) -> None:
    """Print a user's token for /archive: what ocs-ingester has in AUTH_TOKEN."""
    with opened(context) as store:
        if renew:
            store.archive_users.revoke(user)
        typer.echo(store.archive_users.token(user))


@app.command(
    epilog=epilog("archive rank pipeline --superuser", "archive rank ann@example.org --no-staff")
)
def rank(
    context: typer.Context,
    user: User,
    *,
    superuser: Annotated[
        bool | None,
        typer.Option(
            "--superuser/--no-superuser", help="Whether it may store, change and see all frames."
        ),
    ] = None,
    staff: Annotated[
        bool | None,
        typer.Option("--staff/--no-staff", help="Whether it may list versions, unthrottled."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show or change what a user may do in the archive, and nowhere else."""
    with opened(context) as store:
        found = store.archive_users.set_rank(user, staff=staff, superuser=superuser)
    if json:
        print_json({"user": found.name, "superuser": found.superuser, "staff": found.staff})
        return
    said = [name for name in ("superuser", "staff") if getattr(found, name)]
    typer.echo(f"{found.name}: {', '.join(said) or 'sees what is public, and its proposals'}")


@app.command(
    epilog=epilog(
        "archive proposals ann@example.org",
        "archive proposals ann@example.org PROP-1 PROP-2",
        "archive proposals ann@example.org --none",
    )
)
def proposals(
    context: typer.Context,
    user: User,
    named: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROPOSAL]...", help="All of which it is to be a member."),
    ] = None,
    *,
    none: Annotated[bool, typer.Option("--none", help="Make it a member of none.")] = False,
    json: AsJson = False,
) -> None:
    """Show or set of which proposals a user is a member, whose frames it sees before all do.

    Those of users who come from an observation portal the portal says, and it alone.
    """
    if named and none:
        raise SetupError("name proposals, or --none")
    with opened(context) as store:
        users = store.archive_users
        found = (
            users.set_proposals(user, named or ())
            if named or none
            else users.set_rank(user, staff=None, superuser=None)
        )
    if json:
        print_json({"user": found.name, "proposals": sorted(found.proposals)})
        return
    for proposal in sorted(found.proposals):
        typer.echo(proposal)
    if not found.proposals:
        typer.echo(f"{found.name} is a member of no proposal.", err=True)


@app.command(epilog=epilog("archive throttle", "archive throttle --json"))
def throttle(context: typer.Context, *, json: AsJson = False) -> None:
    """Show the rates, and who has come how often in the last 24 hours."""
    with opened(context) as store:
        found = visited(store.database, clock())
        users = store.settings.archive_users_per_day
        addresses = store.settings.archive_anonymous_per_day
    if json:
        print_json({"rates": {"user": users, "anon": addresses}, "visitors": found})
        return
    typer.echo(f"user: {_rate(users)}")
    typer.echo(f"anon: {_rate(addresses)}")
    rows = ((one.visitor, one.requests, f"{one.oldest:%Y-%m-%d %H:%M}") for one in found)
    print_table(("visitor", "requests", "since (UTC)"), rows, "Nobody has come in 24 hours.")


def _rate(requests: int) -> str:
    return f"{requests} requests in 24 hours" if requests else "as many as they like"
