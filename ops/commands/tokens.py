"""`muniment token`: what programs get in by."""

import sys
from typing import Annotated

import typer

from ops.commands.caller import CLI, AsJson, caller
from ops.commands.manual import command_group, epilog
from ops.commands.printing import print_json, print_table
from ops.stores import open_store, prepare

app = command_group("Tokens, by which programs get in.")


@app.command(
    epilog=epilog(
        "token create --user pipeline --label 'night run'",
        "token create --user pipeline >token.txt",
    )
)
def create(
    context: typer.Context,
    *,
    user: Annotated[str, typer.Option("--user", help="Whose token it is.")],
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    json: AsJson = False,
) -> None:
    """Make a token and print it, this once."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        token_id, secret = store.accounts.create_token(user, label, by=CLI)
    if json:
        print_json({"id": token_id, "user": user, "label": label, "token": secret})
        return
    sys.stderr.write(
        f"Keep it: it is not shown again. `muniment token revoke {token_id}` ends it.\n"
    )
    sys.stdout.write(f"{secret}\n")


@app.command("list", epilog=epilog("token list"))
def list_tokens(context: typer.Context, *, json: AsJson = False) -> None:
    """List the tokens, without their secrets."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        tokens = store.accounts.tokens()
    if json:
        print_json(tokens)
        return
    rows = (
        (
            token.id,
            token.user,
            token.label,
            f"{token.created_at:%Y-%m-%d %H:%M}",
            "" if token.revoked_at is None else f"revoked {token.revoked_at:%Y-%m-%d %H:%M}",
        )
        for token in tokens
    )
    columns = ("id", "user", "label", "made (UTC)", "state")
    print_table(columns, rows, "No tokens yet: `muniment token create --user NAME`.")


@app.command(epilog=epilog("token revoke 0192f0c1-9c2a-7b0e-8a55-0f5d0c3f8a10"))
def revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="ID", help="From `muniment token list`.")],
) -> None:
    """Let nobody in with a token any more; within half a minute everywhere."""
    with open_store(caller(context).settings) as store:
        prepare(store, may_upgrade=False)
        store.accounts.revoke_token(token_id, by=CLI)
    typer.echo(f"Revoked {token_id}.")
