"""Processes of the tests that kill themselves at an instant that they are told."""

import signal
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from tests.equipment.making import MakeWorld

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 120
"""For a process to start, and then as long as it waits for its instant."""


def run_until_killed(module: str, *words: str) -> None:
    """Run a module with these words, and check that it was killed: the instant has come."""
    died = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=_ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr


def run_consumer_until_killed(make_world: MakeWorld, instant: str, name: str) -> None:
    """Run one consumer in the world that was made last, until its process dies at the instant."""
    run_until_killed(
        "tests.equipment.dying",
        instant,
        make_world.database_url,
        make_world.bus_url,
        str(make_world.folder),
        name,
    )


def in_worlds(instants: Iterable[str], everywhere: Collection[str]) -> list[object]:
    """Return pairs of world and instant: all on SQLite, and some everywhere."""
    return [
        pytest.param(kind, instant, id=f"{kind}: {instant}")
        for instant in instants
        for kind in ("sqlite", "postgresql", "rabbitmq")
        if kind == "sqlite" or instant in everywhere
    ]
