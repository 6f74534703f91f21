"""A server process of our own: in its own folder, and gone when we are gone."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.services.finding import ServiceMissingError
from tests.services.waiting import until

_LEASH = Path(__file__).with_name("leash.py")


def new_folder(service: str) -> Path:
    """Create a folder for a server and everything that it writes."""
    return Path(tempfile.mkdtemp(prefix=f"muniment-test-{service}-"))


class Server:
    """One server process, with everything it started, on a leash."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        """Start `command` in `folder`, as `user` when given.

        Of our environment it sees the PATH alone, and `environment`. What it prints goes to
        `folder/output.log`.
        """
        self._folder = folder
        options = [f"--signal={stop_signal.value}", f"--folder={folder}"]
        options += [f"--user={user}"] if user else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", _LEASH, *options, "--", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(folder),
                    "TMPDIR": str(folder),
                    **(environment or {}),
                },
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether the server has not ended yet."""
        return self._process.poll() is None

    def wait_until(self, answers: Callable[[], object], *, seconds: float) -> None:
        """Wait until the probe returns, other than False and without a ServiceMissingError.

        Raises ServiceMissingError, with the server's last words, when the server ends first or
        `seconds` have passed; the server is killed then.
        """
        try:
            until(
                lambda: _succeeds(answers) or not self.running, seconds=seconds, what="its answer"
            )
        except TimeoutError as error:
            self.kill()
            raise ServiceMissingError(f"the server is silent: {self._last_words()}") from error
        if not self.running:
            self._let_go()
            raise ServiceMissingError(f"the server does not start: {self._last_words()}")

    def stop(self) -> None:
        """Ask the server to stop, wait for its end, and keep its folder."""
        self._process.terminate()
        self._process.wait()
        self._let_go()

    def kill(self) -> None:
        """End the server at once, as a crash would (SIGKILL), and keep its folder."""
        self._process.send_signal(signal.SIGUSR1)
        self._process.wait()
        self._let_go()

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._let_go()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self._folder / "output.log"

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])

    def _let_go(self) -> None:
        if self._process.stdin:
            self._process.stdin.close()


def _succeeds(probe: Callable[[], object]) -> bool:
    try:
        return probe() is not False
    except ServiceMissingError:
        return False
