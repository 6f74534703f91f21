"""What is broken, when, and how often: each kind of fault has a clock of its own."""

import random
import shlex
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from threading import Event, Lock
from time import monotonic

from consumers.embedded import LEASE
from ops.chaos.installation import Installation
from ops.chaos.processes import Process
from ops.chaos.recovery import Recovery
from ops.chaos.s3_wire import S3Wire
from ops.chaos.scene import Scene

_RARER = {"drain": 8, "pause": 10, "cut": 6, "s3": 8, "restart": 45}
"""How many times rarer than kills."""
_COMMAND_SECONDS = 180.0
_LONG_PAUSE_SECONDS = LEASE.total_seconds() + 4
_SHORT_PAUSE_SECONDS = 4.0
_LONG_PAUSES = 0.3
_SPELL_SECONDS = 4.0
_KILLED_AT_START = 0.5
_SOON_SECONDS = 0.1
_RECOVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done to an installation."""

    seconds: float
    seed: int
    every: float = 2.0
    """Mean seconds between two kills; other faults are rarer."""
    restart_broker: str = ""
    """A command line; empty: it is not restarted."""
    restart_database: str = ""


@dataclass
class Faults:
    """Strikes whenever a fault is due."""

    scene: Scene
    installation: Installation
    recovery: Recovery
    wanted: Wanted
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    """By process."""
    others: Counter[str] = field(default_factory=Counter)
    """By kind."""
    unexpected: list[str] = field(default_factory=list)
    """Commands that failed."""

    def __post_init__(self) -> None:
        self._restarting = Lock()
        self._starting = False
        self._resume: list[tuple[float, str]] = []
        self._due: list[tuple[float, int]] = []
        self._kinds = list(self._chosen())

    @property
    def left_out(self) -> list[str]:
        """What is not done, for want of a command."""
        commands = {
            "broker": self.wanted.restart_broker,
            "database": self.wanted.restart_database,
        }
        return [
            f"restarts of the {what}: no --restart-{what}"
            for what, command in commands.items()
            if not command and not self.scene.embedded
        ]

    @contextmanager
    def striking(self) -> Iterator[Callable[[], None]]:
        """Yield what is to be called again and again for a block; afterwards all is mended."""
        now = monotonic()
        self._due = [(now + self._pause(mean), n) for n, (mean, _) in enumerate(self._kinds)]
        heapify(self._due)
        with ThreadPoolExecutor(2, "restart") as pool:
            self._pool = pool
            try:
                yield self._strike
            finally:
                if self.scene.s3 is not None:
                    self.scene.s3.behave()
                for process in self.installation.processes.values():
                    process.resume()

    def _strike(self) -> None:
        """Do what is due by now."""
        now = monotonic()
        while self._resume and self._resume[0][0] <= now:
            self.installation.processes[heappop(self._resume)[1]].resume()
        while self._due[0][0] <= now:
            number = heappop(self._due)[1]
            mean, strike = self._kinds[number]
            pause = self._pause(mean) if strike() else _SOON_SECONDS
            heappush(self._due, (monotonic() + pause, number))

    def _pause(self, mean: float) -> float:
        return mean * self.chance.uniform(0.5, 1.5)

    def _chosen(self) -> Iterator[tuple[float, Callable[[], bool]]]:
        """Yield the faults that can be made here, each with the mean seconds between two."""
        yield self.wanted.every, self._kill
        yield self._mean("drain"), self._drain
        yield self._mean("pause"), self._freeze
        for name in self.scene.wires:
            yield self._mean("cut"), partial(self._cut, name)
        if self.scene.s3 is not None:
            yield self._mean("s3"), partial(self._spoil, self.scene.s3)
        if self.wanted.restart_broker:
            restart = partial(self._later, "broker", self.wanted.restart_broker)
            yield self._mean("restart"), restart
        if self.wanted.restart_database:
            restart = partial(self._later, "database", self.wanted.restart_database)
            yield self._mean("restart"), restart

    def _mean(self, kind: str) -> float:
        """Return the mean seconds between two of a kind, short enough for a few in any run."""
        return min(self.wanted.every * _RARER[kind], self.wanted.seconds / 2.5)

    # --- the faults ------------------------------------------------------------------------------

    # Each says whether it could strike; if not, it tries again soon.

    def _kill(self) -> bool:
        name = self._any(lambda one: one.may_die(starting=self._starting))
        if name is None:
            return False
        self._starting = self.chance.random() < _KILLED_AT_START
        self.installation.processes[name].kill()
        self.kills[name] += 1
        self.recovery.struck("kill")
        return True

    def _drain(self) -> bool:
        name = self._any(lambda one: one.ready)
        if name is None or not self.installation.processes[name].drain():
            return False
        self.others["drained by SIGTERM"] += 1
        return True

    def _freeze(self) -> bool:
        name = self._any(lambda one: one.ready)
        if name is None or not self.installation.processes[name].pause():
            return False
        long = self.chance.random() < _LONG_PAUSES
        seconds = _LONG_PAUSE_SECONDS if long else self.chance.uniform(1, _SHORT_PAUSE_SECONDS)
        heappush(self._resume, (monotonic() + seconds, name))
        self.others[f"paused {'beyond its leases' if long else 'for seconds'}"] += 1
        self.recovery.struck("pause")
        return True

    def _cut(self, name: str) -> bool:
        self.scene.wires[name].cut()
        self.others[f"connections to the {name} cut"] += 1
        self.recovery.struck(f"{name} cut")
        return True

    def _spoil(self, s3: S3Wire) -> bool:
        s3.misbehave(self.chance.uniform(1, _SPELL_SECONDS))
        self.others["bad spells of S3"] += 1
        return True

    def _later(self, what: str, command: str) -> bool:
        # Kills go on meanwhile.
        self._pool.submit(self._restart, what, command)
        return True

    def _restart(self, what: str, command: str) -> None:
        with self._restarting:
            try:
                done = subprocess.run(  # noqa: S603 - what the operator says
                    shlex.split(command),
                    capture_output=True,
                    text=True,
                    timeout=_COMMAND_SECONDS,
                    check=False,
                )
                failure = f"ended with {done.returncode}: {(done.stderr or done.stdout)[-200:]}"
            except (OSError, subprocess.TimeoutExpired) as error:
                failure = str(error)
            else:
                if done.returncode == 0:
                    self.others[f"{what} restarted"] += 1
                    self.recovery.struck(f"{what} restart")
                    # The other server is left alone meanwhile: it has to be told who recovers.
                    Event().wait(_RECOVERY_SECONDS)
                    return
            self.unexpected.append(f"the command that restarts the {what} {failure}")

    def _any(self, chosen: Callable[[Process], bool]) -> str | None:
        names = [name for name, one in self.installation.processes.items() if chosen(one)]
        return self.chance.choice(names) if names else None
