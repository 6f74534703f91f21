"""`muniment ingest`: archive files and folders."""

import json as json_
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.commands.caller import AsJson, caller
from ops.commands.manual import epilog
from ops.commands.printing import console, print_json
from ops.exits import ExitCode
from ops.ingesting import Order, Result, expect, find, send
from ops.progress import Bars, Tally
from store.errors import SetupError

_MOST_SHOWN = 20

app = typer.Typer()


@app.command(
    epilog=epilog(
        "ingest m51.fits specimens.csv",
        "ingest night-2026-01-02/ --prefix tel1/ --metadata proposal=2026A-001 --jobs 16",
    )
)
def ingest(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|FOLDER...")],
    *,
    prefix: Annotated[str, typer.Option("--prefix", help="Put before every name.")] = "",
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="Of every file.")
    ] = None,
    metadata_file: Annotated[
        Path | None, typer.Option("--metadata-file", help="A JSON object, for every file.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Files at once.")] = 8,
    wait: Annotated[float, typer.Option("--wait", min=1, help="Seconds for each file.")] = 300,
    patience: Annotated[
        float, typer.Option("--patience", min=0, help="Seconds to keep trying when it is down.")
    ] = 30,
    json: AsJson = False,
) -> None:
    """Archive files and folders, and wait until they are.

    A file in a folder is named by its path, the folder's own name included. What is archived
    already is left as it is: the same command again does the rest. Exits with 1 when any file was
    not archived.
    """
    order = Order(_metadata(metadata or [], metadata_file), wait, jobs)
    tally = _Printed() if json else Tally()
    expected = expect(find(paths, prefix))
    started = time.monotonic()
    with (
        caller(context).client(patience) as client,
        Bars(Console(stderr=True), jobs, expected, tally) as bars,
    ):
        send(client, find(paths, prefix), order, bars)
    if not json:
        _summary(tally, time.monotonic() - started)
    if tally.counts["failed"]:
        raise typer.Exit(ExitCode.FAILED)


class _Printed(Tally):
    def add(self, result: Result) -> None:
        """Print one line per file."""
        super().add(result)
        file = result.file
        print_json(
            {
                "path": str(result.found.path),
                "name": result.found.name,
                "state": result.state,
                "id": None if file is None else file.id,
                "version": None if file is None else file.version,
                "size": result.found.size,
                "sha256": None if file is None else file.sha256,
                "error": None if result.error is None else str(result.error),
            }
        )


def _summary(tally: Tally, seconds: float) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "files", "MB", "files/s", "MB/s"):
        table.add_column(column, justify="left" if not column else "right")
    for state, count in tally.counts.items():
        megabytes = tally.sizes[state] / 1e6
        rates = (f"{count / seconds:.1f}", f"{megabytes / seconds:.1f}") if count else ("", "")
        table.add_row(state, str(count), f"{megabytes:.1f}", *rates)
    out = console()
    out.print(table)
    for result in tally.failures[:_MOST_SHOWN]:
        out.print(f"{result.found.name}: {result.error}", style="red", markup=False)
    if tally.counts["failed"] > _MOST_SHOWN:
        out.print(f"and {tally.counts['failed'] - _MOST_SHOWN} more; --json lists every file")


def _metadata(pairs: list[str], file: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if file is not None:
        try:
            found = json_.loads(file.read_bytes())
        except (OSError, ValueError) as error:
            raise SetupError(f"--metadata-file {file}: {error}") from error
        if not isinstance(found, dict):
            raise SetupError(f"--metadata-file {file} must hold a JSON object")
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise SetupError(f"--metadata {pair!r} is not KEY=VALUE")
        found[key] = value
    return found
