"""The lives of one installation: started, asked, ended, again and again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fault.explorer.points import Death

_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Life:
    """One process of the installation that has come as far as to listen."""

    pid: int
    url: str


class Lives:
    """Has processes of one installation born, one at a time."""

    def __init__(self, settings: Mapping[str, Any], folder: Path, log: Path) -> None:
        self._settings = dict(settings)
        self._record = folder / "points.json"
        with log.open("ab") as errors:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "tests.fault.explorer.zygote"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self._life: Life | None = None

    def begin(self, death: Death | None = None, **settings: object) -> Life | None:
        """Start a process; None when it has died before it listened."""
        order = {
            "settings": {**self._settings, **settings},
            "point": death and death.point,
            "occurrence": death.occurrence if death else 1,
            "record": None if death else str(self._record),
        }
        assert self._zygote.stdin is not None
        self._zygote.stdin.write(json.dumps(order) + "\n")
        self._zygote.stdin.flush()
        said = self._hear()
        if "url" not in said:
            assert said["status"] == -signal.SIGKILL, f"it did not start: {said}"
            return None
        self._life = Life(said["pid"], said["url"])
        return self._life

    def drain(self) -> bool:
        """Ask it to end; return whether it died by SIGKILL, then or before."""
        assert self._life is not None
        with suppress(ProcessLookupError):
            os.kill(self._life.pid, signal.SIGTERM)
        status = self._hear()["status"]
        self._life = None
        assert status in {0, -signal.SIGKILL}, f"it ended with {status}"
        return bool(status)

    def alive(self) -> bool:
        """Whether the last process lives."""
        assert self._life is not None
        try:
            os.kill(self._life.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def points(self) -> dict[str, int]:
        """Return the points that the last process came to, with their counts, and drained."""
        counts: dict[str, int] = json.loads(self._record.read_text())
        return counts

    def close(self) -> None:
        """End the zygote, and whoever lives."""
        os.killpg(self._zygote.pid, signal.SIGKILL)
        self._zygote.communicate()

    def _hear(self) -> dict[str, Any]:
        assert self._zygote.stdout is not None
        line = self._zygote.stdout.readline()
        assert line, "the zygote is gone; see its log"
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def lives(settings: Mapping[str, Any], folder: Path) -> Iterator[Lives]:
    """Keep a zygote for a block; what its children say in error is in `folder/log`."""
    some = Lives(settings, folder, folder / "log")
    try:
        yield some
    finally:
        some.close()
