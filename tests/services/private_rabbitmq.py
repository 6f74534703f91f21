"""A RabbitMQ of our own, from the installed binaries: any user may, loopback only.

The node runs with the plugins and the configuration of ops/rabbitmq, which are tried thereby.
Its port mapper (epmd) is our own too: the machine's is not touched, and none stays behind.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.rabbitmq import RabbitMQ, server_version
from tests.services.server import Server, new_folder
from tests.services.vhosts import ManagementVhosts

_OPS = Path(__file__).parents[2] / "ops" / "rabbitmq"

# Where Debian, RPM and Homebrew put the script itself. What Debian has in /usr/sbin instead is a
# wrapper that insists on being root and changes to the user rabbitmq.
_PLACES = ("/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin", "/usr/local/sbin")

_LISTENERS = """
listeners.tcp.local = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management}
prometheus.tcp.ip = 127.0.0.1
prometheus.tcp.port = {prometheus}
"""


class PrivateRabbitMQ(RabbitMQ):
    """A broker that a test may stop, kill and start; user guest, all rights."""

    def __init__(self) -> None:
        """Lay out the node's folder. Raises ServiceMissingError when RabbitMQ is not installed."""
        self._program = _program()
        self._epmd_program = _epmd_program()
        amqp, management, prometheus, self._distribution, self._epmd_port = free_ports(5)
        self.management_url = f"http://127.0.0.1:{management}"
        self.metrics_url = f"http://127.0.0.1:{prometheus}/metrics"
        super().__init__(
            url=f"amqp://guest:guest@127.0.0.1:{amqp}/",
            vhosts=ManagementVhosts(self.management_url, "guest", "guest"),
            close=self._close,
        )
        self._folder = new_folder("rabbitmq")
        listeners = _LISTENERS.format(amqp=amqp, management=management, prometheus=prometheus)
        shipped = (_OPS / "rabbitmq.conf").read_text()
        (self._folder / "rabbitmq.conf").write_text(shipped + listeners)
        (self._folder / "nothing.conf").touch()
        self._epmd: Server | None = None
        self._node: Server | None = None

    def start(self) -> None:
        """Start the broker if it does not run, and return when it answers.

        Raises ServiceMissingError when it cannot.
        """
        if self._node and self._node.running:
            return
        if not self._epmd:
            self._epmd = self._start_epmd()
        self._node = Server([self._program], folder=self._folder, environment=self._environment())
        self._node.wait_until(self._answers, seconds=120)

    def stop(self) -> None:
        """Stop the broker in an orderly way. Its data stay."""
        if self._node:
            self._node.stop()

    def kill(self) -> None:
        """End the broker as a crash would. Its data stay."""
        if self._node:
            self._node.kill()

    def control(self, *arguments: str) -> None:
        """Run `rabbitmqctl` on the broker. Raises CalledProcessError when that fails."""
        program = Path(self._program).with_name("rabbitmqctl")
        environment = self._environment()
        subprocess.run(
            [program, "--node", environment["RABBITMQ_NODENAME"], *arguments],
            # The folder is the node's home, and holds the cookie that lets us in.
            env={**environment, "HOME": str(self._folder), "PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def _close(self) -> None:
        for server in (self._node, self._epmd):
            if server:
                server.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            server_version(self.url)
            ManagementVhosts(self.management_url, "guest", "guest").check()
        except ServiceMissingError:
            return False
        return True

    def _start_epmd(self) -> Server:
        command = [self._epmd_program, "-port", str(self._epmd_port), "-address", "127.0.0.1"]
        return Server(command, folder=new_folder("epmd"))

    def _environment(self) -> dict[str, str]:
        loopback = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
        return {
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": "muniment-test@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback,
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self._folder / "nothing"),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "nothing.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(_OPS / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the node: signals reach it
        }


def _program() -> str:
    found = shutil.which("rabbitmq-server", path=":".join(_PLACES)) or shutil.which(
        "rabbitmq-server"
    )
    if not found:
        raise ServiceMissingError("RabbitMQ is not installed")
    return found


def _epmd_program() -> str:
    found = shutil.which("epmd")
    if not found:
        raise ServiceMissingError("Erlang's epmd is not on the PATH")
    return found
