"""`muniment packager`: ckanpackager's command line, with its options, output and exit codes."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from ops.commands.manual import command_group, epilog, tell_version
from ops.commands.packager_asking import Options, asked
from ops.exits import ExitCode
from ops.packager_fields import PackagerCommandError, given, options_first, read_parameters
from ops.packager_output import has_errors

_ALIASES = {"cc": "clear-cache", "stats": "statistics"}
_COMMANDS = {"status", "clear-cache", "statistics", "reset", "queue", *_ALIASES}
"""Those of ckanpackager, which take its options in any place."""


_UPKEEP = ("pin", "unpin", "anonymize", "import")
"""Those that open the database; who asks for others need not wait until that is imported."""


class _Packager(TyperGroup):
    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - passed on to typer as they are
        super().__init__(**settings)
        self.commands = {**self.commands, **{name: TyperCommand(name) for name in _UPKEEP}}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's private
        """Take options from any place."""
        return super().parse_args(ctx, options_first(args, _COMMANDS))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """Know the short names, too."""
        if cmd_name in _UPKEEP:
            return get_group(import_module("ops.commands.packager_upkeep").app).commands[cmd_name]
        return super().get_command(ctx, _ALIASES.get(cmd_name, cmd_name))


app = command_group(
    "Dataset packages: what ckanpackager's command line did, and what it lacked.", _Packager
)


class Statistics(StrEnum):
    """What statistics are asked for."""

    TOTALS = "totals"
    REQUESTS = "requests"
    ERRORS = "errors"


@app.callback()
def _packager(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    *,
    host: Annotated[
        str | None,
        typer.Option("-p", metavar="HOST", help="The packager's URL. Default: this machine's."),
    ] = None,
    defaults: Annotated[
        Path | None,
        typer.Option(
            "-d",
            metavar="FILE",
            help="Fields for every task, as JSON. Default: "
            "/etc/ckanpackager/ckanpackager-cli.json, if it is there.",
        ),
    ] = None,
    no_defaults: Annotated[bool, typer.Option("-D", help="Use no such file.")] = False,
    secret: Annotated[
        str | None,
        typer.Option("-s", metavar="SECRET", help="Default: the file's, or this machine's."),
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", help="Print nothing, errors neither.")] = False,
    strict: Annotated[
        bool, typer.Option("-x", help="Exit with 1 when the statistics show errors.")
    ] = False,
    offset: Annotated[
        int, typer.Option("-o", metavar="OFFSET", min=0, help="Requests or errors to skip.")
    ] = 0,
    limit: Annotated[
        int, typer.Option("-l", metavar="LIMIT", min=0, help="Requests or errors to show.")
    ] = 100,
    resource: Annotated[
        str | None, typer.Option("-r", metavar="RESOURCE_ID", help="Statistics of one resource.")
    ] = None,
    email: Annotated[
        str | None, typer.Option("-e", metavar="EMAIL", help="Requests or errors of one address.")
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=tell_version, help="Print the version."),
    ] = False,
) -> None:
    del version  # seen by its callback
    context.obj = Options(
        host, defaults, no_defaults, secret, quiet, strict, offset, limit, resource, email
    )


@app.command(
    epilog=epilog("packager status", "packager -p http://10.0.0.7/packager -s SECRET status")
)
def status(context: typer.Context) -> None:
    """Show how many requests wait, and how many have ended."""
    with asked(context) as asking:
        asking.show("Fetching status.", "status", {})


@app.command("clear-cache", epilog=epilog("packager clear-cache", "packager cc -q"))
def clear_cache(context: typer.Context) -> None:
    """Remove every package; links that were mailed end. Also `cc`."""
    with asked(context) as asking:
        asking.show("Clearing caches.", "clear_caches", {})


@app.command(
    epilog=epilog(
        "packager statistics",
        "packager stats errors -l 10 -r RESOURCE_ID",
        "packager -q -x stats -r RESOURCE_ID",
    )
)
def statistics(
    context: typer.Context,
    which: Annotated[
        Statistics, typer.Argument(metavar="totals|requests|errors", help="What is shown.")
    ] = Statistics.TOTALS,
) -> None:
    """Show totals, or requests or errors one by one, the newest first. Also `stats`.

    With `-x` it exits with 1 when there are errors. Like every command of ckanpackager it takes
    the options of `muniment packager` here, too.
    """
    with asked(context) as asking:
        said = asking.options
        if which is Statistics.TOTALS:
            path, fields = "statistics", given({"resource_id": said.resource})
        else:
            path, fields = (
                f"statistics/{which}",
                given(
                    {
                        "offset": said.offset,
                        "limit": said.limit,
                        "resource_id": said.resource,
                        "email": said.email,
                    }
                ),
            )
        answer = asking.show("Fetching statistics.", path, fields)
        if said.strict and has_errors(answer, said.resource or "*"):
            raise typer.Exit(ExitCode.FAILED)


@app.command(epilog=epilog("packager reset errors"))
def reset(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="requests|errors", help="Neither is reset.")],
) -> None:
    """Refuse: statistics are never reset, here as with ckanpackager."""
    with asked(context):
        raise PackagerCommandError(f"Unknown command: statistics are kept, and so are {which}")


@app.command(
    epilog=epilog(
        "packager queue package_url resource_id:r-1 email:ada@example.org "
        "resource_url:https://example.org/a.csv --wait",
        "packager -d fields.json queue package_datastore resource_id:r-1 limit:500",
    )
)
def queue(
    context: typer.Context,
    task: Annotated[
        str, typer.Argument(help="package_datastore, package_url or package_dwc_archive.")
    ],
    parameters: Annotated[
        list[str] | None, typer.Argument(metavar="[PARAM:VALUE]...", help="What the task is told.")
    ] = None,
    *,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is packaged; Ctrl-C leaves it going.")
    ] = False,
) -> None:
    """Have a package made, and its link mailed.

    With --wait, shows how far it is, and exits with 1 when there will be no package.
    """
    with asked(context) as asking:
        named = read_parameters(parameters or [])
        fields = {**asking.defaults, **given({"secret": asking.options.secret}), **named}
        answer = asking.show(f"Adding {task} task to queue.", task, fields)
        if wait:
            asking.wait_for(answer)
