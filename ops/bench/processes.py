"""The processes of a measurement: each runs one function and speaks through a pipe.

They are spawned, not forked, as a deployment's are. A process ends when its owner has gone.
"""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVarTuple

from store.errors import MunimentError

_GOODBYE_SECONDS = 40.0
_SPAWN = multiprocessing.get_context("spawn")

Given = TypeVarTuple("Given")


class MeasurementError(MunimentError):
    """The measurement could not be made, or what it saw must not happen."""


class Child:
    """One running process."""

    def __init__(self, name: str, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.name = name
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_run, args=(theirs, work, arguments), name=name)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    def tell(self, message: object = None) -> None:
        """Send something to the process."""
        self._pipe.send(message)

    def hear(self, seconds: float) -> Any:  # noqa: ANN401 - whatever its function sends
        """Return the next thing that the process says.

        Raises MeasurementError when it says nothing for so long, or has ended.
        """
        try:
            if not self._pipe.poll(seconds):
                raise MeasurementError(f"{self.name} says nothing for {seconds:g} s")
            said = self._pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise MeasurementError(f"{self.name} has ended; its error stands above") from error
        return said

    def stop(self) -> None:
        """Close the pipe, which every function takes for the end, and wait."""
        self._pipe.close()
        self._process.join(_GOODBYE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def child(
    name: str, work: Callable[[Connection, *Given], None], *arguments: *Given
) -> Iterator[Child]:
    """Run `work(pipe, …)` in a process of its own for as long as the block lasts."""
    running = Child(name, work, arguments)
    try:
        yield running
    finally:
        running.stop()


def wait_for_end(pipe: Connection) -> None:
    """Return when the owner has closed its end of the pipe."""
    try:
        while True:
            pipe.recv()
    except (EOFError, ConnectionError):
        return


def _run(pipe: Connection, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches every process of the terminal; the owner alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        work(pipe, *arguments)
    except (BrokenPipeError, EOFError):
        return  # the owner has gone
