"""Which RabbitMQ servers a URL names: read once here, alike for both client libraries.

The form is RabbitMQ's URI specification, with several servers of one cluster separated by `;`:
`amqp://user:password@rabbit1;rabbit2:5673/vhost`, or whole URLs, one after another. `amqps`
checks certificates and host names; `?cacertfile=…&certfile=…&keyfile=…` name PEM files.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from store.errors import SetupError

_PORTS = {"amqp": 5672, "amqps": 5671}
_NEXT_URL = re.compile(r";(?=amqps?://)")
_FILES = ("cacertfile", "certfile", "keyfile")


@dataclass(frozen=True, slots=True)
class Broker:
    """One server, and who we are to it. Its text names the server and never the password."""

    host: str
    port: int
    vhost: str
    user: str
    password: str = field(repr=False)
    tls: bool = False
    cacertfile: str | None = None
    """Whom to trust instead of the system's authorities."""
    certfile: str | None = None
    keyfile: str | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}/{self.vhost.removeprefix('/')}"


def read_brokers(url: str, setting: str = "MUNIMENT_BUS_URL") -> tuple[Broker, ...]:
    """Return the servers in the order in which they are to be tried.

    Raises SetupError, which names the setting, when it is no AMQP URL.
    """
    try:
        return tuple(broker for one in _NEXT_URL.split(url) for broker in _read(urlsplit(one)))
    except ValueError as error:
        raise SetupError(
            f"{setting}: {error}; expected amqp://user:password@host[:port][;host…]/vhost"
        ) from error


def _read(parts: SplitResult) -> list[Broker]:
    if parts.scheme not in _PORTS:
        raise ValueError(f"the scheme is {parts.scheme!r}, neither amqp nor amqps")
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    files = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    unknown = sorted(files.keys() - set(_FILES))
    if unknown:
        raise ValueError(f"parameter {unknown[0]!r} is unknown (known: {', '.join(_FILES)})")
    servers = parts.netloc.rpartition("@")[2].split(";")
    return [
        Broker(
            host=server.hostname or "localhost",
            port=_port(server) or _PORTS[parts.scheme],
            # No path, an empty one, and the `//` that other tools write all mean the vhost `/`.
            vhost=unquote(parts.path[1:]) or "/",
            user=unquote(user) or "guest",
            password=unquote(password) or "guest",
            tls=parts.scheme == "amqps",
            **files,
        )
        for server in (urlsplit(f"//{one}") for one in servers)
    ]


def _port(server: SplitResult) -> int | None:
    try:
        return server.port
    except ValueError:
        # The original error quotes, and what it quotes may be half of a password.
        raise ValueError(
            "a port is no number up to 65535 (or the password holds / or @ and is not %-encoded)"
        ) from None


def client_properties(name: str) -> dict[str, str]:
    """Return what the management UI shows of a connection."""
    return {"connection_name": name, "product": "Muniment"}
