"""What stands below the options in every command's help: examples, and the exit codes."""

from importlib import metadata

import typer
from typer.core import TyperGroup

EXITS = (
    "Exit codes: 0 done; 1 refused or failed; 2 wrong arguments or settings; "
    "3 something it needs is down, try again; 4 what was compared differs; 130 interrupted."
)


def epilog(*examples: str) -> str:
    """Return an epilog with examples, each a command line without its leading `muniment`."""
    lines = [f"$ muniment {example}".replace("[", r"\[") for example in examples]
    return "\n\n".join([*lines, EXITS])


def command_group(summary: str, kind: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """Return an empty group of commands that explains itself when called without one."""
    return typer.Typer(
        cls=kind, help=summary, no_args_is_help=True, epilog=EXITS, rich_markup_mode="rich"
    )


def tell_version(*, wanted: bool) -> None:
    """Print the version and end; the callback of an option `--version`."""
    if not wanted:
        return
    try:
        typer.echo(f"muniment {metadata.version('muniment')}")
    except metadata.PackageNotFoundError:
        typer.echo("muniment, not installed: run from its sources")
    raise typer.Exit
