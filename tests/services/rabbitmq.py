"""A RabbitMQ for tests, whoever runs it."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import amqp

from tests.services import compose
from tests.services.finding import ServiceMissingError
from tests.services.vhosts import ManagementVhosts, RabbitmqctlVhosts, Vhosts

PACKAGE = "rabbitmq-server"
_HERE = "amqp://guest:guest@127.0.0.1:5672/"


@dataclass
class RabbitMQ:
    """A broker, and the user that may create virtual hosts there."""

    url: str
    """AMQP URL of the virtual host `/`."""
    vhosts: Vhosts
    close: Callable[[], None] = lambda: None
    """Ends a broker that we started."""

    @property
    def version(self) -> str:
        """What the broker says, and how virtual hosts are made."""
        return f"{server_version(self.url)} (vhosts by {self.vhosts.name})"

    def url_of(self, vhost: str) -> str:
        """Return the AMQP URL of a virtual host."""
        return f"{self.url.rpartition('/')[0]}/{vhost}"

    @contextmanager
    def fresh_vhost(self) -> Iterator[str]:
        """Yield the AMQP URL of an empty virtual host, and delete it afterwards."""
        name = f"muniment-test-{secrets.token_hex(6)}"
        self.vhosts.create(name)
        try:
            yield self.url_of(name)
        finally:
            self.vhosts.delete(name)


def server_version(url: str) -> str:
    """Log in to the virtual host of `url` and return the broker's version.

    Raises ServiceMissingError when that fails.
    """
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or 5672}"
    connection = amqp.Connection(
        host=place,
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path.removeprefix("/")) or "/",
        connect_timeout=5,
    )
    try:
        with connection:
            return str(connection.server_properties["version"])
    except (OSError, amqp.AMQPError) as error:
        raise ServiceMissingError(f"cannot log in at {place}: {error}") from error


def given(environ: Mapping[str, str]) -> RabbitMQ:
    """Return the broker at MUNIMENT_TEST_AMQP_URL. Raises ServiceMissingError.

    Virtual hosts are made over the management API: at MUNIMENT_TEST_MANAGEMENT_URL, else on its
    default port on the same host.
    """
    parts = urlsplit(environ["MUNIMENT_TEST_AMQP_URL"])
    url = parts._replace(path="/").geturl()
    server_version(url)
    vhosts = ManagementVhosts(
        environ.get("MUNIMENT_TEST_MANAGEMENT_URL", f"http://{parts.hostname}:15672"),
        unquote(parts.username or "guest"),
        unquote(parts.password or "guest"),
    )
    vhosts.check()
    return RabbitMQ(url, vhosts)


def on_default_port() -> RabbitMQ:
    """Return the broker of this machine, if we may make virtual hosts there.

    Raises ServiceMissingError.
    """
    server_version(_HERE)
    over_http = ManagementVhosts("http://127.0.0.1:15672", "guest", "guest")
    try:
        over_http.check()
        broker = RabbitMQ(_HERE, over_http)
    except ServiceMissingError:
        broker = RabbitMQ(_HERE, RabbitmqctlVhosts("guest"))
    with broker.fresh_vhost() as url:
        server_version(url)  # rabbitmqctl might speak for another node than the one on the port
    return broker


def composed() -> RabbitMQ:
    """Start the broker of docker-compose.yml. Raises ServiceMissingError."""
    running = compose.start("rabbitmq")
    user, password = "muniment", running.environment["RABBITMQ_PASSWORD"]
    vhosts = ManagementVhosts(
        f"http://127.0.0.1:{running.environment['RABBITMQ_MANAGEMENT_PORT']}", user, password
    )
    running.server.wait_until(vhosts.check, seconds=compose.PATIENCE_SECONDS)
    port = running.environment["RABBITMQ_PORT"]
    return RabbitMQ(f"amqp://{user}:{password}@127.0.0.1:{port}/", vhosts, running.server.close)
