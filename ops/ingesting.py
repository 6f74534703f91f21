"""Sending many files: found as they are sent, several at once, in memory that does not grow."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Literal, Protocol

from producers.answers import File
from producers.client import Client
from producers.client_errors import ProblemError
from store.errors import MunimentError, SetupError, UnavailableError

_NOT_YOU = (401, 403)
_STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """One file that is to be archived."""

    path: Path
    name: str
    """What it will be called in the archive."""
    size: int


@dataclass(frozen=True, slots=True)
class Expected:
    """How much there is to do."""

    files: int
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file."""

    found: Found
    state: Literal["archived", "unchanged", "failed"]
    file: File | None = None
    error: Exception | None = None


class Watcher(Protocol):
    """Is told how it goes, from several threads."""

    def began(self, job: int, found: Found) -> None:
        """One of the jobs has begun to send a file."""
        ...

    def sent(self, job: int, done: int) -> None:
        """The job has sent so many bytes of its file."""
        ...

    def ended(self, job: int, result: Result) -> None:
        """The job has come to the end of its file."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """How files are to be archived."""

    metadata: Mapping[str, Any]
    """Of every one of them."""
    wait_seconds: float = 300.0
    jobs: int = 8
    """Files on their way at once."""


def find(paths: Iterable[Path], prefix: str = "") -> Iterator[Found]:
    """Yield the files, and those in the folders, in the order of their names.

    A file is named like itself, one in a folder by its path, the folder's own name included.
    Links to folders are not followed. Raises SetupError for what is not there.
    """
    for path in paths:
        if path.is_dir():
            root = path.resolve().parent
            for each in _walk(path.resolve()):
                yield Found(each, prefix + each.relative_to(root).as_posix(), each.stat().st_size)
        elif path.is_file():
            yield Found(path, prefix + path.name, path.stat().st_size)
        else:
            raise SetupError(f"{path} is no file and no folder")


def expect(files: Iterable[Found]) -> Expected:
    """Return how many files there are, and how large they are together."""
    count = size = 0
    for found in files:
        count += 1
        size += found.size
    return Expected(count, size)


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, onerror=_refuse):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            if path.is_file():
                yield path


def _refuse(error: OSError) -> None:
    # What cannot be looked into must not look empty.
    raise error


def send(client: Client, files: Iterable[Found], order: Order, watcher: Watcher) -> None:
    """Archive the files, and tell the watcher of each.

    Raises what made it stop before the end: UnavailableError when the ingress is gone,
    ProblemError when it does not let us in, OSError from looking for files.
    """
    _Sending(client, iter(files), order, watcher).run()


class _Sending:
    def __init__(
        self, client: Client, files: Iterator[Found], order: Order, watcher: Watcher
    ) -> None:
        self._client = client
        self._files = files
        self._order = order
        self._watcher = watcher
        self._next = Lock()
        self._stop = Event()
        self._error: Exception | None = None

    def run(self) -> None:
        # Daemons: whoever presses Ctrl-C twice does not wait for answers.
        threads = [
            Thread(target=self._work, args=(job,), daemon=True) for job in range(self._order.jobs)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(_STOP_SECONDS)
        if self._error is not None:
            raise self._error

    def _work(self, job: int) -> None:
        while (found := self._take()) is not None:
            self._watcher.began(job, found)
            try:
                result = self._send(job, found)
            except _StoppedError:
                return
            self._watcher.ended(job, result)
            if result.error is not None and _concerns_all(result.error):
                self._give_up(result.error)

    def _take(self) -> Found | None:
        with self._next:
            try:
                return None if self._stop.is_set() else next(self._files, None)
            except (MunimentError, OSError) as error:
                self._give_up(error)
                return None

    def _give_up(self, error: Exception) -> None:
        self._error = self._error or error
        self._stop.set()

    def _send(self, job: int, found: Found) -> Result:
        try:
            file = self._client.upload(
                found.path,
                found.name,
                metadata=self._order.metadata,
                wait=self._order.wait_seconds,
                progress=self._progress(job),
            )
        except (MunimentError, OSError) as error:
            return Result(found, "failed", error=error)
        return Result(found, "unchanged" if file.unchanged else "archived", file)

    def _progress(self, job: int) -> Callable[[int, int | None], None]:
        def tell(done: int, _total: int | None) -> None:
            if self._stop.is_set():
                raise _StoppedError
            self._watcher.sent(job, done)

        return tell


def _concerns_all(error: Exception) -> bool:
    """Whether the next file would meet the same."""
    if isinstance(error, ProblemError):
        return error.status in _NOT_YOU
    return isinstance(error, UnavailableError)


class _StoppedError(Exception):
    """Another job has met what ends all of them."""
