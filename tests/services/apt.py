"""Install a server from Debian's or Ubuntu's packages, without starting it."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.services.finding import ServiceMissingError

POLICY = Path("/usr/sbin/policy-rc.d")
"""Asked by package scripts before they start a service; exit code 101 forbids it."""


def install(package: str) -> None:
    """Install `package`; a system service that comes with it is not started.

    Raises ServiceMissingError when we are not root, this is not Debian, or apt-get fails.
    """
    if not shutil.which("apt-get"):
        raise ServiceMissingError("this system has no apt-get")
    if os.geteuid() != 0:
        raise ServiceMissingError(f"needs root; try: sudo apt-get install {package}")
    with _alone(), _no_service_starts():
        _apt_get("update")
        _apt_get("install", "--yes", "--no-install-recommends", package)


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", "--quiet", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = " / ".join(done.stdout.splitlines()[-3:])
        raise ServiceMissingError(f"apt-get {' '.join(arguments)} failed: {last}")


@contextmanager
def _alone() -> Iterator[None]:
    """Let others who test at the same time wait; apt-get would refuse them."""
    with (Path(tempfile.gettempdir()) / "muniment-test-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _no_service_starts() -> Iterator[None]:
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink()
