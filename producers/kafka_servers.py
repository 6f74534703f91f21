"""Which Kafka servers a URL names, and the client library that speaks to them.

`kafka://[user:password@]host[:port][,host[:port]]`, any of one cluster's servers; `kafkas://` for
TLS with the system's authorities. A user signs in by SASL PLAIN.
"""

import ssl
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from urllib.parse import unquote, urlsplit

from store.errors import SetupError

SETTING = "MUNIMENT_KAFKA_URL"
EXTRA = "pip install 'muniment[kafka]'"

_PORT = 9092
_FORM = "expected kafka://[user:password@]host[:port][,host[:port]] or kafkas://…"


@dataclass(frozen=True, slots=True)
class KafkaServers:
    """Servers of one cluster, and who we are to them. Its text never has the password."""

    hosts: tuple[str, ...]
    """`host:port`, each."""
    tls: bool = False
    user: str = ""
    """Empty: nobody signs in."""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return ",".join(self.hosts)

    def options(self) -> dict[str, object]:
        """Return what every client of aiokafka is opened with."""
        options: dict[str, object] = {"bootstrap_servers": list(self.hosts)}
        options["security_protocol"] = ("SASL_" if self.user else "") + (
            "SSL" if self.tls else "PLAINTEXT"
        )
        if self.tls:
            options["ssl_context"] = ssl.create_default_context()
        if self.user:
            options |= {
                "sasl_mechanism": "PLAIN",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return options


def read_servers(url: str) -> KafkaServers:
    """Return the servers that a URL names. Raises SetupError, which never quotes the URL."""
    scheme, _, rest = url.partition("://")
    if scheme not in {"kafka", "kafkas"}:
        raise SetupError(f"{SETTING}: {_FORM}")
    signing, _, hosts = rest.removesuffix("/").rpartition("@")
    user, _, password = signing.partition(":")
    return KafkaServers(
        tuple(_host(one) for one in hosts.split(",")),
        tls=scheme == "kafkas",
        user=unquote(user),
        password=unquote(password),
    )


def _host(text: str) -> str:
    # What is wrong may be half of a password, so that no error quotes it.
    try:
        parts = urlsplit(f"//{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.path or parts.query or parts.fragment:
        hint = "a password has to be %-encoded"
        raise SetupError(f"{SETTING} names no host and port; {_FORM}; {hint}") from None
    return f"[{host}]:{port or _PORT}" if ":" in host else f"{host}:{port or _PORT}"


def load(name: str) -> ModuleType:
    """Import a module of the extra `kafka`. Raises SetupError when that is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SetupError(f"Kafka needs {error.name}, which is not installed: {EXTRA}") from error
