"""A CKAN in a virtual environment of its own, made once and kept in `.venv-ckan`.

CKAN pins what it needs to releases of its own choice, which would fight with ours.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.services.finding import ServiceMissingError

VERSION = "2.12.0"

FOLDER = Path(__file__).parents[2] / ".venv-ckan"

_COMPLETE = FOLDER / f".ckan-{VERSION}"
"""Written last, so that an installation that was interrupted is not taken for a whole one."""


@dataclass(frozen=True)
class Installation:
    """An installed CKAN."""

    program: Path
    schema: Path
    """The Solr schema that this release wants to find."""


def installed() -> Installation:
    """Return the installation; to make it takes a minute, once. Raises ServiceMissingError."""
    if not _COMPLETE.exists():
        _install()
    schemas = list(FOLDER.glob("lib/python*/site-packages/ckan/config/solr/schema.xml"))
    return Installation(FOLDER / "bin" / "ckan", schemas[0])


def _install() -> None:
    _run(sys.executable, "-m", "venv", "--clear", str(FOLDER))
    (FOLDER / ".gitignore").write_text("*\n")  # as newer Pythons do: linters read it as well
    # Without the extra, pip installs CKAN alone, which does not start.
    requirement = f"ckan[requirements]=={VERSION}"
    pip = (str(FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", requirement)
    _COMPLETE.touch()


def _run(*command: str) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = " / ".join(done.stdout.splitlines()[-3:])
        raise ServiceMissingError(f"{' '.join(command)} failed: {last}")
