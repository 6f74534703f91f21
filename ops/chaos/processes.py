"""The processes of the installation: killed, paused, drained, and always started again.

They are the commands that an operator runs, with a supervisor as an operator has one.
"""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import RLock
from time import monotonic

from store.errors import MunimentError

_READY = "Ctrl-C stops it"
"""What every process says when it is at work."""
_STOP_SECONDS = 60.0
_AGAIN_SECONDS = 0.5
"""After a process has ended by itself, since something it needs was down."""
_DOWN = 3


class ChaosError(MunimentError):
    """The chaos itself could not go on; what it broke says nothing."""


class Process:
    """One process. Safe to use from several threads."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.unexpected: list[str] = []
        """How it ended when it must not."""
        self._command = [sys.executable, "-m", "ops", *command]
        self._environment = environment
        self._said = folder / f"{name}.out"
        self._log = folder / f"{name}.log"
        self._lock = RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._draining = False
        self._paused = False
        self._interrupted = False
        self._again_at: float | None = None

    def start(self) -> None:
        """Start it, and return at once."""
        with self._lock, self._said.open("wb") as said, self._log.open("ab") as log:
            self._draining = self._paused = False
            self._again_at = None
            self._process = subprocess.Popen(  # noqa: S603 - Muniment itself
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=log,
                process_group=0,  # Ctrl-C is for us alone
            )

    @property
    def ready(self) -> bool:
        """Whether it is at work."""
        with self._lock:
            running = self._process is not None and self._process.poll() is None
            return running and not self._paused and _READY in self._said.read_text()

    def may_die(self, *, starting: bool) -> bool:
        """Whether it is worth a kill: at work, or, if `starting`, on its way there.

        No two starts in a row are interrupted: on a slow machine nothing would ever be at work.
        What is paused is spared: to come back later is the point of it.
        """
        with self._lock:
            return self.ready or (starting and not self._paused and not self._interrupted)

    def kill(self) -> None:
        """End it as a crash would, and start it again."""
        with self._lock:
            self._interrupted = not self.ready
            self._signal(signal.SIGKILL)
            self._wait()
            self.start()

    def drain(self) -> bool:
        """Ask it to stop; it is started again when it has. False when it could not be asked."""
        with self._lock:
            if not self.ready or self._draining:
                return False
            self._draining = True
            self._signal(signal.SIGTERM)
            return True

    def pause(self) -> bool:
        """Take the processor from it. False when it is not at work."""
        with self._lock:
            if not self.ready or self._draining:
                return False
            self._paused = True
            self._signal(signal.SIGSTOP)
            return True

    def resume(self) -> None:
        """Let it go on where it was, if it is still the one that was paused."""
        with self._lock:
            if self._paused:
                self._paused = False
                self._signal(signal.SIGCONT)

    def supervise(self) -> None:
        """Start it again if it has ended, and note it if it must not have."""
        with self._lock:
            if self._process is None:
                return
            code = self._process.poll()
            if code is None:
                return
            if self._again_at is None:
                self._again_at = monotonic() + (0 if self._draining else _AGAIN_SECONDS)
                if code != (0 if self._draining else _DOWN):
                    asked = "asked to stop" if self._draining else "asked for nothing"
                    self.unexpected.append(f"{self.name}, {asked}, ended with {code}")
            if monotonic() >= self._again_at:
                self.start()

    def stop(self) -> None:
        """Stop it for good, in order."""
        with self._lock:
            if self._process is None:
                return
            self.resume()
            self._signal(signal.SIGTERM)
            try:
                code: int | str = self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.destroy()
                code = f"nothing for {_STOP_SECONDS:g} s"
            if code != 0:
                self.unexpected.append(f"{self.name}, asked to stop in the end, ended with {code}")
            self._process = None

    def destroy(self) -> None:
        """End it at once, for good."""
        with self._lock:
            self._signal(signal.SIGKILL)
            self._wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait()
