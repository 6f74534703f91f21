"""Start noida, a small server that speaks Kafka's protocol, from the Python package noida-db.

What it does not do as Kafka does: it keeps members of a group that were killed, forgets which
producers it has fenced off when it is restarted, does not compact topics, and may lose what was
acknowledged when it is killed. So tests stop it in order.
"""

import socket
from importlib.util import find_spec
from pathlib import Path

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.server import Server, new_folder

_PATIENCE_SECONDS = 60


class Kafka:
    """A broker that a test may stop and start; loopback only, no user, topics made when asked."""

    version = "noida 0.2.3"

    def __init__(self) -> None:
        """Lay out the broker's folder. Raises ServiceMissingError when it is not installed."""
        self._program = _program()
        self.port = free_ports(1)[0]
        self._folder = new_folder("kafka")
        self._server: Server | None = None

    @property
    def address(self) -> str:
        """What clients connect to."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The same as a setting."""
        return f"kafka://{self.address}"

    def start(self) -> None:
        """Start the broker if it does not run, and return when it answers.

        Raises ServiceMissingError when it cannot.
        """
        if self._server and self._server.running:
            return
        # The program itself: the package's Python wrapper keeps signals to itself.
        command = [self._program, "start", "--only", "kafka", "--kafka-port", str(self.port)]
        command += ["--data-dir", str(self._folder / "data")]
        self._server = Server(command, folder=self._folder)
        self._server.wait_until(self._answers, seconds=_PATIENCE_SECONDS)

    def stop(self) -> None:
        """Stop the broker in an orderly way. Its data stay."""
        if self._server:
            self._server.stop()

    def close(self) -> None:
        """End the broker, and remove what it wrote."""
        if self._server:
            self._server.close()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def _program() -> str:
    found = find_spec("noida_db")
    places = found.submodule_search_locations if found else None
    for place in places or ():
        program = Path(place) / "noida-db"
        if program.exists():
            return str(program)
    raise ServiceMissingError("the Python package noida-db is not installed")
