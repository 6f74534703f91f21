"""`muniment demo`: Muniment at work, in ten seconds."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from ops.commands.manual import epilog
from ops.commands.printing import console
from ops.demo import Demo
from ops.exits import ExitCode

app = typer.Typer()


@app.command(epilog=epilog("demo", "demo m51.fits specimens.csv --keep"))
def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE|FOLDER]...", help="Default: some are made on the spot."),
    ] = None,
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it running until Ctrl-C.")] = False,
) -> None:
    """Show Muniment at work, in ten seconds.

    Starts it embedded in a temporary folder, ingests files over HTTP, shows the events as they
    happen and what led to what, and leaves nothing behind. Exits with 1 when a file was not
    archived.
    """
    now = datetime.now(UTC)
    shown = Demo(console(), files or [], now, Random(now.toordinal()), keep)  # noqa: S311 - stars
    if not shown.run():
        raise typer.Exit(ExitCode.FAILED)
