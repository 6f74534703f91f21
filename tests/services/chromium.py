"""A Chromium for tests: the one of this machine, never one that Playwright would download."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.services.finding import ServiceMissingError

PACKAGE = "chromium"

# As Debian, Ubuntu, others and Google call it; where macOS keeps it.
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@dataclass(frozen=True)
class Chromium:
    """A browser that can be run."""

    program: Path
    version: str


def given(environ: Mapping[str, str]) -> Chromium:
    """Return the program at MUNIMENT_TEST_CHROMIUM. Raises ServiceMissingError."""
    return _usable(environ["MUNIMENT_TEST_CHROMIUM"])


def installed() -> Chromium:
    """Return this machine's. Raises ServiceMissingError."""
    found = [path for name in (*_NAMES, *_PLACES) if (path := shutil.which(name))]
    if not found:
        raise ServiceMissingError("Chromium is not installed")
    return _usable(found[0])


def _usable(program: str) -> Chromium:
    try:
        # What Ubuntu installs by that name may be a script that only says where to get it.
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ServiceMissingError(f"{program} does not run: {error}") from error
    return Chromium(Path(program), done.stdout.strip())
