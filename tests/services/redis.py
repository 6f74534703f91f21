"""A Redis of our own, from the installed binary: loopback only, nothing is kept."""

import shutil
import socket

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.server import Server, new_folder

PACKAGE = "redis-server"


class PrivateRedis:
    """A Redis server."""

    def __init__(self) -> None:
        """Find the program. Raises ServiceMissingError when Redis is not installed."""
        program = shutil.which("redis-server")
        if not program:
            raise ServiceMissingError("Redis is not installed")
        (self._port,) = free_ports(1)
        self._program = program
        self._server: Server | None = None
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server, and return when it answers. Raises ServiceMissingError."""
        settings = {"bind": "127.0.0.1", "port": str(self._port), "save": "", "appendonly": "no"}
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._server = Server([self._program, *options], folder=new_folder("redis"))
        self._server.wait_until(self._ping, seconds=30)

    def close(self) -> None:
        """End the server."""
        if self._server:
            self._server.close()

    def _ping(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
