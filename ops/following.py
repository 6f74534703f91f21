"""Following an operation on a terminal: its state, how far it is, and what it waits for."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from producers.answers import Operation
from producers.client import Client

SOON_SECONDS = 1.0
"""What ends sooner is shown no bar; as often is looked how far the rest is."""
_LONGEST_WORDS = 100


def follow(
    client: Client,
    operation_id: str,
    seconds: float,
    screen: Console,
    say: Callable[[str], None] | None = None,
) -> Operation:
    """Return the operation, ended or as it stands after `seconds`; show its way on a terminal.

    `say` is told of every change where there is no terminal.
    """
    told = None
    deadline = time.monotonic() + seconds
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal or screen.is_dumb_terminal,
    ) as bars:
        bar = bars.add_task("accepted", total=None)
        while True:
            left = max(0.0, deadline - time.monotonic())
            # Answers at once when it has ended, or else when the time is up.
            operation = client.operation(operation_id, wait=min(SOON_SECONDS, left) or None)
            if operation.ended or left <= 0:
                return operation
            progress = operation.progress
            done, total = (0, None) if progress is None else (progress.done, progress.total)
            words = _words(operation)
            bars.update(bar, description=words, completed=done, total=total)
            if say is not None and bars.disable and words != told:
                say(words)
                told = words


def _words(operation: Operation) -> str:
    if operation.progress is not None:
        progress = operation.progress
        of = "" if progress.total is None else f" of {progress.total}"
        return f"{operation.state}: {progress.done}{of} {progress.unit}"
    why = operation.waiting_for[0] if operation.waiting_for else operation.error
    return f"{operation.state}: {why}"[:_LONGEST_WORDS] if why else operation.state
