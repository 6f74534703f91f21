"""Progress of files on their way, as bars on a terminal; elsewhere nothing is drawn."""

from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from ops.ingesting import Expected, Found, Result

_MOST_FAILURES = 100


class Tally:
    """Counts results; keeps the first failures, so that memory does not grow with the files."""

    def __init__(self) -> None:
        self.counts = {"archived": 0, "unchanged": 0, "failed": 0}
        self.sizes = dict.fromkeys(self.counts, 0)
        """Bytes."""
        self.failures: list[Result] = []

    def add(self, result: Result) -> None:
        """Count one."""
        self.counts[result.state] += 1
        self.sizes[result.state] += result.found.size
        if result.error is not None and len(self.failures) < _MOST_FAILURES:
            self.failures.append(result)


class Bars:
    """One bar for all files, and one for each that is on its way; a `Watcher`."""

    def __init__(self, screen: Console, jobs: int, expected: Expected, tally: Tally) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=screen,
            transient=True,
            disable=not screen.is_terminal or screen.is_dumb_terminal,
            expand=True,
        )
        self._tally = tally
        self._expected = expected
        self._lock = Lock()
        self._all = self._progress.add_task(f"0 of {expected.files} files", total=expected.size)
        self._jobs: list[TaskID] = [
            self._progress.add_task("", total=1, visible=False) for _ in range(jobs)
        ]
        self._sent = [0] * jobs

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def began(self, job: int, found: Found) -> None:
        """Show the file in the job's bar."""
        self._sent[job] = 0
        self._progress.reset(
            self._jobs[job], total=found.size, description=f"  {found.name[-40:]}", visible=True
        )

    def sent(self, job: int, done: int) -> None:
        """Move the bars; back, when a file is sent once more."""
        self._progress.update(self._jobs[job], completed=done)
        self._progress.advance(self._all, done - self._sent[job])
        self._sent[job] = done

    def ended(self, job: int, result: Result) -> None:
        """Count the file."""
        with self._lock:
            self._tally.add(result)
            ended = sum(self._tally.counts.values())
        self._progress.update(self._jobs[job], visible=False)
        self._progress.update(self._all, description=f"{ended} of {self._expected.files} files")
