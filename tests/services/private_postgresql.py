"""A PostgreSQL of our own, from the installed binaries: any user may, loopback only.

PostgreSQL refuses to run as root; as root we run it as `postgres`, or else as `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from sqlalchemy import URL

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.postgresql import PostgreSQL
from tests.services.server import Server, new_folder
from tests.services.waiting import until

# Where Debian and Homebrew keep the programs of each major version, beside the PATH.
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/pgsql-*/bin",
)


class PrivatePostgreSQL(PostgreSQL):
    """A database server that a test may stop, kill and start; user postgres, trusted."""

    def __init__(self) -> None:
        """Create the cluster. Raises ServiceMissingError when PostgreSQL is not installed."""
        self._programs = _programs()
        self._user = _ordinary_user()
        (self._port,) = free_ports(1)
        url = URL.create(
            "postgresql+psycopg2", "postgres", None, "127.0.0.1", self._port, "postgres"
        )
        super().__init__(url, self._close)
        self._folder = new_folder("postgresql")
        self._server: Server | None = None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._run_initdb()

    def start(self) -> None:
        """Start the server if it does not run, and return when it answers.

        Raises ServiceMissingError when it cannot.
        """
        if self._server and self._server.running:
            return
        until(self._started, seconds=60, what="the sessions of the killed server to end")

    def stop(self) -> None:
        """Stop the server in an orderly way. Its data stay."""
        if self._server:
            self._server.stop()

    def kill(self) -> None:
        """End the server as a crash would, and return when its sessions have ended, too.

        Until they notice that it is gone, they answer. Its data stay.
        """
        if self._server:
            self._server.kill()
            until(self._has_ended, seconds=60, what="the sessions of the killed server to end")

    def _close(self) -> None:
        if self._server:
            self._server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> bool:
        self._server = Server(
            [self._programs / "postgres", "-D", self._folder / "data", *self._options()],
            folder=self._folder,
            environment={"LC_ALL": "C"},
            user=self._user,
            stop_signal=signal.SIGINT,  # its "fast": end the sessions instead of waiting for them
        )
        try:
            self._server.wait_until(lambda: self.version, seconds=60)
        except ServiceMissingError as error:
            if "shared memory block" in str(error):  # sessions outlive a killed server for a moment
                return False
            raise
        return True

    def _has_ended(self) -> bool:
        """Whether no process is attached to its shared memory; where that can be seen."""
        told, segments = self._folder / "data" / "postmaster.pid", Path("/proc/sysvipc/shm")
        if not (told.exists() and segments.exists()):
            return True
        _, number = told.read_text().splitlines()[6].split()
        rows = (line.split() for line in segments.read_text().splitlines()[1:])
        return all(row[1] != number or row[6] == "0" for row in rows)

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",  # what is killed here is the server; the machine stays up
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _run_initdb(self) -> None:
        done = subprocess.run(
            [
                *(self._programs / "initdb", "--pgdata", self._folder / "data", "--no-sync"),
                *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"),
            ],
            cwd=self._folder,
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            self._close()
            raise ServiceMissingError(f"initdb: {done.stderr.strip()}")


def _programs() -> Path:
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    candidates = [path for place in _PLACES for path in Path("/").glob(place.removeprefix("/"))]
    usable = [path for path in candidates if (path / "initdb").exists()]
    if not usable:
        raise ServiceMissingError("PostgreSQL is not installed")
    return max(usable)


def _ordinary_user() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
