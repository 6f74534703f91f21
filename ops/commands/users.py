"""`muniment user`: who gets in, and what they may do.

Every command works on the database itself, and so needs no right but to reach that: whoever has
taken the last right by mistake gives it back in the same way.
"""

import sys
from getpass import getpass
from typing import Annotated

import typer

from ops.commands.caller import CLI, AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.stores import Store, open_store, prepare
from store.entrance import User
from store.errors import SetupError
from store.user_names import RULE

app = command_group("Users: who gets in, and what they may do.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
NewName = Annotated[str, typer.Argument(metavar="NAME", help=f"{RULE}.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command(
    epilog=epilog(
        "user add pipeline",
        "user add ann@example.org --operator --password-stdin <secret.txt",
        "user add ada --superuser",
    )
)
def add(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    name: NewName,
    *,
    superuser: Annotated[
        bool, typer.Option("--superuser", help="May do everything, in every project.")
    ] = False,
    operator: Annotated[
        bool,
        typer.Option(
            "--operator", help="May decide about parked events, schedule, and use the console."
        ),
    ] = False,
    password_stdin: PasswordStdin = False,
    json: AsJson = False,
) -> None:
    """Add a user.

    Without a password it gets in by token only: `muniment token create --user NAME`.
    """
    password = _from_stdin() if password_stdin else None
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        kept = store.accounts.add_user(
            name, password, superuser=superuser, operator=operator, by=CLI
        )
    if json:
        rights = {"superuser": superuser, "operator": operator}
        print_json({"name": kept, **rights, "has_password": password is not None})
    else:
        typer.echo(f"Added {kept}.")


@app.command(
    epilog=epilog("user role ann@example.org --operator", "user role ada --no-superuser --operator")
)
def role(
    context: typer.Context,
    name: Name,
    *,
    superuser: Annotated[
        bool | None,
        typer.Option(
            "--superuser/--no-superuser", help="Whether it may do everything, in every project."
        ),
    ] = None,
    operator: Annotated[
        bool | None,
        typer.Option(
            "--operator/--no-operator",
            help="Whether it may decide about parked events, schedule, and use the console.",
        ),
    ] = None,
) -> None:
    """Give rights to a user or take them; within half a minute everywhere."""
    if superuser is None and operator is None:
        raise SetupError("say what is to change: --[no-]superuser or --[no-]operator")
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        user = store.accounts.set_role(name, superuser=superuser, operator=operator, by=CLI)
        _warn_without_superuser(store)
    typer.echo(f"{user.name}: {_rights(user) or 'no rights but to write'}")


@app.command(epilog=epilog("user passwd ada", "user passwd ada --password-stdin <secret.txt"))
def passwd(context: typer.Context, name: Name, *, password_stdin: PasswordStdin = False) -> None:
    """Set a user's password, asked for without echo."""
    password = _from_stdin() if password_stdin else _asked()
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.set_password(name, password, by=CLI)
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
            _rights(user),
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
        store.accounts.disable(name, by=CLI)
        _warn_without_superuser(store)
    typer.echo(f"Disabled {name}; `muniment user enable {name}` undoes it.")


@app.command(epilog=epilog("user enable pipeline"))
def enable(context: typer.Context, name: Name) -> None:
    """Let a disabled user in again."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.enable(name, by=CLI)
    typer.echo(f"Enabled {name}.")


def _rights(user: User) -> str:
    held = (("superuser", user.superuser), ("operator", user.operator))
    return ", ".join(right for right, has in held if has)


def _warn_without_superuser(store: Store) -> None:
    if not any(user.superuser and not user.disabled for user in store.accounts.users()):
        sys.stderr.write(
            "muniment: no superuser gets in any more; `muniment user role NAME --superuser` or "
            "`muniment user enable NAME` changes that\n"
        )


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
