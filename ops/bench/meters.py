"""What processes cost, read from /proc; where there is none, nobody knows (None)."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

Meter = Callable[[], float | None]
"""Returns the CPU seconds used so far."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_UTIME, _REAPED_UTIME, _PPID = 11, 13, 1  # fields behind the name in /proc/<pid>/stat
_LISTENING = "0A"


def cpu_seconds(pid: int) -> float | None:
    """Return the CPU seconds of one process, all its threads included."""
    fields = _stat(pid)
    return None if fields is None else sum(map(int, fields[_UTIME : _UTIME + 2])) / _TICKS


def family_cpu_seconds(pid: int) -> float | None:
    """Return the CPU seconds of a process and its children, those that have ended included."""
    fields = _stat(pid)
    if fields is None:
        return None
    total = sum(map(int, fields[_UTIME : _REAPED_UTIME + 2])) / _TICKS
    for one in _PROC.glob("[0-9]*"):
        child = _stat(int(one.name))
        if child is not None and int(child[_PPID]) == pid:
            total += sum(map(int, child[_UTIME : _UTIME + 2])) / _TICKS
    return total


def peak_memory(pid: int) -> int | None:
    """Return the largest resident set the process has had, in bytes."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else None


def listener(port: int) -> int | None:
    """Return the id of the process of this machine that listens on a TCP port."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in map(str.split, rows):
            if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{row[9]}]")
    found = {int(one.name) for one in _PROC.glob("[0-9]*") if _holds(one, inodes)}
    # A server that forks has its listening socket in common with its children.
    eldest = (pid for pid in found if (fields := _stat(pid)) and int(fields[_PPID]) not in found)
    return next(eldest, None)


def _holds(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(one.readlink()) in inodes for one in (process / "fd").iterdir())
    except OSError:
        return False  # another user's, or gone


def _stat(pid: int) -> list[str] | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name stands in parentheses and may hold anything.
    return text.rpartition(")")[2].split()


def read(meters: Mapping[str, Meter]) -> dict[str, float | None]:
    """Return what every meter shows."""
    return {name: meter() for name, meter in meters.items()}


def spent(
    before: Mapping[str, float | None], after: Mapping[str, float | None]
) -> dict[str, float | None]:
    """Return the CPU seconds between two readings."""
    found: dict[str, float | None] = {}
    for name, end in after.items():
        start = before[name]
        found[name] = None if start is None or end is None else end - start
    return found
