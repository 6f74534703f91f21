"""What stands below the options in every command's help: examples, and the exit codes."""

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


def command_group(summary: str) -> typer.Typer:
    """Return an empty group of commands that explains itself when called without one."""
    return typer.Typer(
        cls=TyperGroup, help=summary, no_args_is_help=True, epilog=EXITS, rich_markup_mode="rich"
    )
