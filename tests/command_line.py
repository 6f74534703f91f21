"""The command line as a user has it: `muniment …` in a process and a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import from_json
from typer.testing import CliRunner

from ops.cli import main
from tests.services.waiting import until

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Ran:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON is what it is
        """Standard output as JSON; one value per line gives a list of them."""
        values = [from_json(line) for line in self.out.splitlines()]
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True)
class CommandLine:
    """A shell in a folder, with settings in its environment."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, stdin: str = "", **settings: str) -> Ran:
        """Run one command to its end."""
        done = subprocess.run(
            self._command(arguments),
            cwd=self.folder,
            env=self._environment(settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def running(self, *arguments: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command until the block ends; its output goes to `out` and `err` in the folder."""
        with self.out.open("w") as out, self.err.open("w") as err:
            process = subprocess.Popen(
                self._command(arguments),
                cwd=self.folder,
                env=self._environment(settings),
                stdout=out,
                stderr=err,
                text=True,
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    @property
    def out(self) -> Path:
        """What the running command has printed."""
        return self.folder / "out"

    @property
    def err(self) -> Path:
        """What the running command has logged."""
        return self.folder / "err"

    def wait_for(self, process: "subprocess.Popen[str]", text: str) -> None:
        """Wait until the running command has printed a text."""

        def printed() -> bool:
            assert process.poll() is None, self.out.read_text() + self.err.read_text()
            return text in self.out.read_text()

        until(printed, seconds=PATIENCE_SECONDS, what=f"{text!r} from the command")

    def _command(self, arguments: tuple[str | Path, ...]) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "ops", *map(str, arguments)]

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: each for name, each in os.environ.items() if not name.startswith("MUNIMENT_")}
        ours = {f"MUNIMENT_{name.upper()}": each for name, each in settings.items()}
        return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "120", **self.settings, **ours}


def in_process(*arguments: str | Path, **settings: str) -> Ran:
    """Run one command in this process, with these settings and no others: quicker."""
    kept = {name: None for name in os.environ if name.startswith("MUNIMENT_")}
    ours = {f"MUNIMENT_{name.upper()}": each for name, each in settings.items()}
    with CliRunner().isolation(env={"COLUMNS": "120", **kept, **ours}) as (out, err, _):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        code = ended.value.code
        assert isinstance(code, int)
        sys.stderr.flush()
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())


@contextmanager
def up(folder: Path, port: int) -> Iterator[CommandLine]:
    """Run `muniment up`, embedded, and yield a command line that talks to it."""
    settings = {
        "MUNIMENT_DATA_DIR": str(folder / "var"),
        "MUNIMENT_HTTP_PORT": str(port),
        "MUNIMENT_INSTANCE": "test",
    }
    line = CommandLine(folder, settings)
    with line.running("up") as process:
        line.wait_for(process, "listens")
        yield line
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0, line.err.read_text()
