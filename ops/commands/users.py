"""`muniment user`: who may write."""

import sys
from getpass import getpass
from typing import Annotated

import typer

from ops.commands.caller import AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.stores import open_store, prepare
from store.errors import SetupError

app = command_group("Users: who may write.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 64 of a-z, 0-9, '.', '_', '-'.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command(
    epilog=epilog("user add pipeline", "user add ada --superuser --password-stdin <secret.txt")
)
def add(
    context: typer.Context,
    name: Name,
    *,
    superuser: Annotated[bool, typer.Option("--superuser", help="May administer.")] = False,
    password_stdin: PasswordStdin = False,
    json: AsJson = False,
) -> None:
    """Add a user.

    Without a password it gets in by token only: `muniment token create --user NAME`.
    """
    password = _from_stdin() if password_stdin else None
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.add_user(name, password, superuser=superuser)
    if json:
        print_json({"name": name, "superuser": superuser, "has_password": password is not None})
    else:
        typer.echo(f"Added {name}.")


@app.command(epilog=epilog("user passwd ada", "user passwd ada --password-stdin <secret.txt"))
def passwd(context: typer.Context, name: Name, *, password_stdin: PasswordStdin = False) -> None:
    """Set a user's password, asked for without echo."""
    password = _from_stdin() if password_stdin else _asked()
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.set_password(name, password)
    typer.echo(f"Changed the password of {name}.")


@app.command("list", epilog=epilog("user list", "user list --json"))
def list_users(context: typer.Context, *, json: AsJson = False) -> None:
    """List the users."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        users = store.accounts.users()
    if json:
        print_json(users)
        return
    rows = (
        (
            user.name,
            "superuser" if user.superuser else "",
            "password" if user.has_password else "tokens only",
            "disabled" if user.disabled else "",
            f"{user.created_at:%Y-%m-%d %H:%M}",
        )
        for user in users
    )
    columns = ("name", "rights", "gets in by", "state", "added (UTC)")
    print_table(columns, rows, "No users yet: `muniment user add NAME`.")


@app.command(epilog=epilog("user disable pipeline"))
def disable(context: typer.Context, name: Name) -> None:
    """Let a user in no more, by password or token; within half a minute everywhere."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.disable(name)
    typer.echo(f"Disabled {name}; `muniment user enable {name}` undoes it.")


@app.command(epilog=epilog("user enable pipeline"))
def enable(context: typer.Context, name: Name) -> None:
    """Let a disabled user in again."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.enable(name)
    typer.echo(f"Enabled {name}.")


def _from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SetupError("standard input has no password in its first line")
    return password


def _asked() -> str:
    if not sys.stdin.isatty():
        raise SetupError("there is no terminal to ask at; use --password-stdin")
    password = getpass("New password: ")
    if getpass("Once more: ") != password:
        raise SetupError("the two differ; nothing was changed")
    return password
