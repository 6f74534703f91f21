"""A Muniment for the pages: embedded, in a directory of its own, started as its users would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import urllib3

from tests.docs.pages import ROOT

WRITTEN_ADDRESS = "127.0.0.1:8080"
"""What the pages say; a test has a port of its own."""
_PATIENCE_SECONDS = 60
_LONGEST_SECONDS = 240
"""For the commands of one block: `muniment chaos` alone may wait for three minutes."""


@dataclass(frozen=True)
class Installation:
    """One running installation, and a shell that talks to it."""

    folder: Path
    environment: Mapping[str, str]
    address: str

    def shell(self, script: str) -> str:
        """Run a script as if typed: what earlier ones exported is still there."""
        kept = self.folder / "exported"
        kept.touch()
        return self._run("bash", "-euo", "pipefail", "-c", f". {kept}\n{script}\nexport -p >{kept}")

    def python(self, program: str) -> str:
        """Run a Python program."""
        return self._run(sys.executable, "-c", program)

    def _run(self, *command: str) -> str:
        """Return what a command prints, on either output; fail when it fails."""
        words = [word.replace(WRITTEN_ADDRESS, self.address) for word in command]
        with subprocess.Popen(
            words,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=_LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output = f"{process.communicate()[0]}\nstill at it after {_LONGEST_SECONDS} s"
            except BaseException:  # nobody else would end what waits in a loop of the shell
                os.killpg(process.pid, signal.SIGKILL)
                raise
        assert process.returncode == 0, f"{words[-1]}\nexits with {process.returncode}:\n{output}"
        return output.replace(self.address, WRITTEN_ADDRESS)


@contextmanager
def installed(tree: Path, folder: Path, port: int, **settings: str) -> Iterator[Installation]:
    """Run `muniment up` of the sources in `tree`, with its data and a shell in `folder`."""
    (folder / "bin").mkdir(parents=True)
    command = folder / "bin" / "muniment"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m ops "$@"\n')
    command.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUNIMENT_")}
    environment = {
        **kept,
        "PATH": f"{command.parent}:{kept['PATH']}",
        "PYTHONPATH": str(tree),
        "MUNIMENT_DATA_DIR": str(folder / "var"),
        "MUNIMENT_HTTP_PORT": str(port),
        "MUNIMENT_INSTANCE": "docs",
        **{f"MUNIMENT_{name.upper()}": value for name, value in settings.items()},
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["muniment", "up"], cwd=folder, env=environment, stdout=output, stderr=output
        )
    try:
        _wait_until_ready(process, port, log)
        yield Installation(folder, environment, f"127.0.0.1:{port}")
    finally:
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0, log.read_text()


@contextmanager
def of_this_tree(folder: Path, port: int) -> Iterator[Installation]:
    """Run the sources under test."""
    with installed(ROOT, folder, port) as found:
        yield found


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    pool = urllib3.PoolManager(retries=False, timeout=10)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if pool.request("GET", f"http://127.0.0.1:{port}/readyz").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        Event().wait(0.05)
    raise AssertionError(f"not ready within {_PATIENCE_SECONDS} s:\n{log.read_text()}")
