"""Points at which a process has an effect on the world outside it, found while it runs.

Whatever leaves a Python process leaves it through one of a few functions written in C: a socket's
`send`, a database driver's `execute` and `commit`, the system calls that write, link and remove.
The interpreter tells a profile function of each call into C and of each return from it. So every
effect is seen, of our code and of the libraries', and one that is new tomorrow needs no line here.

A point is named by the way there: our functions on the stack, then the C function with what is said
by it (see `saying`), and whether that is about to happen or has just happened. Reading is no
effect, nor are log lines, nor what goes to a UNIX socket: that is how asyncio wakes its own thread.
Opening a file is none either; what is then written to it is.
"""

import os
import signal
import socket
import sqlite3
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedWriter, FileIO, TextIOWrapper
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import psycopg2.extensions

from tests.fault.explorer.saying import said_in, statement_in

_ROOT = f"{Path(__file__).parents[3]}/"
_OURS = ("schemas", "store", "producers", "consumers", "http_ingress", "ops")
_DEPTH = 4
"""Of our functions, the innermost that name a point; more would tell the same way apart."""

_DATABASES = (
    *(sqlite3.Connection, sqlite3.Cursor),
    *(psycopg2.extensions.connection, psycopg2.extensions.cursor),
)
_SOCKETS = (socket.socket, ssl.SSLSocket, getattr(ssl, "_ssl")._SSLSocket)  # noqa: B009, SLF001
_METHODS: Mapping[str, tuple[type, ...]] = {
    "execute": _DATABASES,
    "executemany": _DATABASES,
    "executescript": _DATABASES,
    "copy_expert": _DATABASES,
    "commit": _DATABASES,
    "send": _SOCKETS,
    "sendall": _SOCKETS,
    "sendmsg": _SOCKETS,
    "sendto": _SOCKETS,
    "write": (*_SOCKETS, BufferedWriter, FileIO, TextIOWrapper),
    "flush": (BufferedWriter,),
}
_SYSTEM = frozenset(
    name
    for name in (
        *("fdatasync", "fsync", "ftruncate", "link", "mkdir", "pwrite", "pwritev", "remove"),
        *("rename", "replace", "rmdir", "sendfile", "symlink", "truncate", "unlink", "write"),
        *("writev",),
    )
    if hasattr(os, name)
)
_NAMES = _SYSTEM | set(_METHODS)


@dataclass(frozen=True, slots=True)
class Death:
    """Where a process is to die: the `occurrence`th time, from 1, that it comes to a point."""

    point: str
    occurrence: int = 1

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.point}, time {self.occurrence}"


class Watch:
    """Counts the points a process comes to, and kills it (SIGKILL) at one of them, if told to."""

    def __init__(self, death: Death | None = None) -> None:
        self.counts: Counter[str] = Counter()
        """How often each point was come to, in the order of the first time."""
        self._death = death
        self._lock = threading.Lock()
        self._places: dict[CodeType, str | None] = {}

    def begin(self) -> None:
        """Watch this thread, and every thread that starts from now on."""
        threading.setprofile(self._see)
        sys.setprofile(self._see)

    @contextmanager
    def looking_away(self) -> Iterator[None]:
        """Do not watch this thread for a block."""
        sys.setprofile(None)
        try:
            yield
        finally:
            sys.setprofile(self._see)

    def _see(self, frame: FrameType, event: str, called: Any) -> None:  # noqa: ANN401
        if event == "c_call":
            when = "before"
        elif event == "c_return":
            when = "after"
        else:
            return
        if called.__name__ in _NAMES:
            effect = _effect(frame, called)
            if effect is not None:
                self._reach(f"{when} {self._way(frame)} > {effect}")

    def _reach(self, point: str) -> None:
        with self._lock:
            self.counts[point] += 1
            if self._death == Death(point, self.counts[point]):
                os.kill(os.getpid(), signal.SIGKILL)

    def _way(self, frame: FrameType) -> str:
        """Name our functions on the stack, or the innermost one where none is ours."""
        ours: list[str] = []
        caller: FrameType | None = frame
        while caller is not None and len(ours) < _DEPTH:
            code = caller.f_code
            if code not in self._places:
                self._places[code] = _place(code)
            place = self._places[code]
            if place is not None and place not in ours:
                ours.append(place)
            caller = caller.f_back
        return " > ".join(reversed(ours)) or f"{frame.f_globals['__name__']}:{frame.f_code.co_name}"


def _place(code: CodeType) -> str | None:
    path = code.co_filename.removeprefix(_ROOT)
    if path.partition("/")[0] not in _OURS:
        return None
    return f"{path.removesuffix('.py')}:{code.co_name}"


def _effect(frame: FrameType, called: Any) -> str | None:  # noqa: ANN401 - any C function
    """Name the effect that a call into C has; None when it has none outside the process."""
    name, owner = called.__name__, getattr(called, "__self__", None)
    effect: str | None = None
    if getattr(owner, "__name__", None) == os.name and name in _SYSTEM:
        effect = f"os.{name}"
    elif not isinstance(owner, _METHODS.get(name, ())) or _stays_inside(frame, owner):
        effect = None
    elif not isinstance(owner, _DATABASES):
        effect = f"{type(owner).__name__}.{name} {said_in(frame)}".rstrip()
    elif name == "commit":
        effect = name
    elif (statement := statement_in(frame)) is not None:
        effect = f"{name} {statement}"
    return effect


def _stays_inside(frame: FrameType, owner: object) -> bool:
    if isinstance(owner, socket.socket):
        return owner.family == socket.AF_UNIX
    return isinstance(owner, TextIOWrapper) and frame.f_globals["__name__"] == "logging"
