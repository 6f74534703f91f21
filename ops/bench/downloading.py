"""Readers of files and of zips, each a process of its own: all that comes is thrown away."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import IO

from ops.bench.archive_load import ZIP, Door, begin, connect
from ops.bench.processes import wait_for_end

CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """How it went."""

    started: float
    ended: float
    """Both on the monotonic clock."""
    size: int
    """Bytes that came."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A zip that is asked for."""

    door: Door
    body: bytes


def cat(pipe: Connection, paths: Sequence[Path]) -> None:
    """Say that it can begin, wait, read all files through `cat`, say a Fetched."""
    tool = shutil.which("cat") or "cat"
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    with subprocess.Popen([tool, *map(str, paths)], stdout=subprocess.PIPE) as cat:  # noqa: S603 - what PATH calls cat, and files of ours
        size = 0 if cat.stdout is None else _drain(cat.stdout)
    pipe.send(Fetched(started, monotonic(), size))
    wait_for_end(pipe)


def fetch(pipe: Connection, asked: Asked) -> None:
    """Say that it can begin, wait, read a zip through HTTP, say a Fetched."""
    pipe.send(None)
    pipe.recv()
    started = monotonic()
    with closing(connect(asked.door)) as connection:
        size = _drain(begin(connection, asked.door, "POST", ZIP, asked.body))
    pipe.send(Fetched(started, monotonic(), size))
    wait_for_end(pipe)


def _drain(source: IO[bytes]) -> int:
    buffer, size = bytearray(CHUNK), 0
    while got := source.readinto(buffer):  # type: ignore[attr-defined]  # both have it
        size += got
    return size
