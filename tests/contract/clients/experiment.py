"""An experiment under version control, and `smt` in its folder, as a researcher has them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 120

NO_INTERNET = {"Http_Proxy": "http://127.0.0.1:9/"}
"""Environment in which `smt`, before a run, finds at once that there is no internet.

It asks a far host by urllib, which reads the name in any case; httplib2 does not know this one.
"""

_BIN = Path(sys.executable).parent

_FILES = {
    "grow.py": """\
import sys
from pathlib import Path

import coral

years = int(Path(sys.argv[1]).read_text().partition("=")[2])
Path("Data/reef.txt").write_text(coral.grown(years))
print(f"grew {years} years")
""",
    "coral/__init__.py": """\
__version__ = "2.1"


def grown(years):
    return "coral\\n" * years
""",
    "drift.py": """\
import os
from pathlib import Path

Path("Data/reef.txt").write_text(os.urandom(16).hex())
""",
    "bleach.py": "raise SystemExit('too warm')\n",
    "reef.param": "years = 3\n",
}
"""`grow` makes the same file of the same parameters, `drift` never does, and `bleach` fails."""


@dataclass(frozen=True)
class Experiment:
    """A folder with programs, all committed."""

    folder: Path

    @staticmethod
    def begun(folder: Path) -> "Experiment":
        """Make the folder, unless it is there, its files and its repository."""
        for name, text in _FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        experiment = Experiment(folder)
        experiment.git("init", "--quiet")
        experiment.git("config", "user.name", "Ann")
        experiment.git("config", "user.email", "ann@example.org")
        experiment.git("add", *_FILES)
        experiment.git("commit", "--quiet", "--message", "how it begins")
        return experiment

    def init(self, store: str, project: str) -> None:
        """Make it known to `smt`: it runs `grow.py`, and keeps records in a store."""
        program = ["--executable", str(_BIN / "python"), "--main", "grow.py"]
        said = self.smt("init", "--store", store, *program, project)
        assert said == "Sumatra project successfully set up\n"

    @property
    def data(self) -> Path:
        """Where its programs write."""
        return self.folder / "Data"

    def git(self, *arguments: str) -> str:
        """Run git, which has to succeed; return what it printed."""
        return self._run(["git", *arguments], code=0)

    def smt(self, *arguments: str, code: int = 0) -> str:
        """Run `smt`, which has to exit with this code; return all that it printed."""
        return self._run([str(_BIN / "smt"), *arguments], code)

    def _run(self, command: list[str], code: int) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(_BIN), os.environ["PATH"]]),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            **NO_INTERNET,
        }
