"""Where a command measures, and how it shows how far it is."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ops.bench import places
from ops.bench.laps import Report
from ops.bench.places import Place, Servers
from ops.bench.profiles import require_profiler

_TERMINATED = 128 + signal.SIGTERM


@contextmanager
def work_folder(folder: Path | None) -> Iterator[Path]:
    """Make a folder below another for as long as the block lasts; SIGTERM does not leave it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    with TemporaryDirectory(prefix="muniment-bench-", dir=folder) as made:
        yield Path(made)


@contextmanager
def measuring(
    folder: Path | None, servers: Servers | None, profile: Path | None
) -> Iterator[tuple[Place, Path]]:
    """Make a place to measure in, and a folder beside it, for as long as the block lasts."""
    if profile is not None:
        require_profiler()
    with work_folder(folder) as work:
        if servers is None:
            yield places.embedded(work / "data"), work
        else:
            with places.deployed(work / "data", servers) as place:
                yield place, work


@contextmanager
def progress(total: int) -> Iterator[Report]:
    """Show on stderr how far it is of so many steps, if that is a terminal."""
    screen = Console(stderr=True)
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal or screen.is_dumb_terminal,
        expand=True,
    ) as shown:
        task = shown.add_task("starting", total=total)
        yield lambda what, more: shown.update(task, description=what, advance=more)
