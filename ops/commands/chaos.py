"""`muniment chaos`: break an installation of its own at random, and account for every request."""

import secrets
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from threading import Event
from time import monotonic
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from ops.chaos.faults import Wanted
from ops.chaos.play import Progress, Report
from ops.chaos.reports import as_json, print_outcome
from ops.chaos.run import run
from ops.commands.caller import AsJson, caller
from ops.commands.manual import epilog
from ops.commands.printing import console, print_json
from ops.exits import ExitCode

_TERMINATED = 128 + signal.SIGTERM
_LINE_SECONDS = 15.0

app = typer.Typer()


@app.command(
    epilog=epilog(
        "chaos --minutes 1",
        "chaos --minutes 20 --restart-broker 'docker compose restart rabbitmq' --json",
    )
)
def chaos(  # noqa: PLR0913 - each is an option of the command line
    context: typer.Context,
    *,
    minutes: Annotated[float, typer.Option("--minutes", min=0.05, help="Of faults.")] = 1.0,
    every: Annotated[
        float, typer.Option("--every", min=0.1, help="Mean seconds between two kills.")
    ] = 2.0,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of what is random. Default: a fresh one.")
    ] = None,
    restart_broker: Annotated[
        str,
        typer.Option(metavar="COMMAND", help="Restarts RabbitMQ. Default: it is left running."),
    ] = "",
    restart_database: Annotated[
        str,
        typer.Option(metavar="COMMAND", help="Restarts PostgreSQL. Default: it is left running."),
    ] = "",
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Where all files go. Default: as TMPDIR says.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the files and logs.")] = False,
    json: AsJson = False,
) -> None:
    """Break an installation of its own at random, and account for every request.

    Processes are killed, paused and drained, connections cut, deliveries repeated and reordered,
    while clients post and upload. Embedded, or on the RabbitMQ, PostgreSQL and S3 that the settings
    name: there in a vhost and a database of its own, which are removed. Commands run without a
    shell, and must return when the server is back. Ctrl-C ends the faults early.

    Exits with 1, and keeps the files, when anything was lost, doubled or unexpected.
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    wanted = Wanted(minutes * 60, seed, every, restart_broker, restart_database)
    enough = Event()
    _listen(enough)
    work = Path(mkdtemp(prefix="muniment-chaos-", dir=folder))
    whole = False
    screen = Console(stderr=True, highlight=False)
    screen.print(f"seed {seed}; files and logs are in {work}", markup=False, soft_wrap=True)
    try:
        with _progress(screen, wanted.seconds) as report:
            outcome = run(work, caller(context).settings, wanted, enough, report)
        whole = outcome.whole
    finally:
        if whole and not keep:
            shutil.rmtree(work)
        else:
            screen.print(f"files and logs are kept in {work}", markup=False, soft_wrap=True)
    if json:
        print_json(as_json(outcome))
    else:
        print_outcome(console(), outcome)
    if not whole:
        raise typer.Exit(ExitCode.FAILED)


def _listen(enough: Event) -> None:
    """Ctrl-C ends the faults, a second one everything; SIGTERM must not leave anything behind."""

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        if enough.is_set():
            raise KeyboardInterrupt
        enough.set()

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))


@contextmanager
def _progress(screen: Console, total: float) -> Iterator[Report]:
    """Show one line that changes; where there is no terminal, a line now and then."""
    live = screen.is_terminal and not screen.is_dumb_terminal
    told = monotonic() - _LINE_SECONDS

    def line(now: Progress) -> str:
        return (
            f"{now.phase}, {now.seconds:.0f} of {total:.0f} s: {now.kills} kills, "
            f"{now.others} other faults; {now.accepted} accepted, {now.ended} ended"
        )

    if live:
        with screen.status("starting") as status:
            yield lambda now: status.update(line(now))
        return

    def tell(now: Progress) -> None:
        nonlocal told
        if monotonic() > told + _LINE_SECONDS:
            told = monotonic()
            screen.print(line(now), markup=False, soft_wrap=True)

    yield tell
