"""URLs that a user named, taken apart."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answers: a scheme, a host in its ASCII form, and a port."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Value of the `Host` field, RFC 9110 section 7.2."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def stands_for(self, other: "Origin") -> bool:
        """Whether a secret meant for `other` may be told to this one.

        That is the same server, or the same host by TLS instead of plain text.
        """
        upgrade = (Origin("http", self.host, 80), Origin("https", self.host, 443))
        return self == other or (other, self) == upgrade


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of whom."""

    origin: Origin
    path: str
    """With the query."""


def parse_target(url: str) -> Target:
    """Take the URL apart, or raise ValueError with what is wrong with it."""
    if _ODD.search(url):
        raise ValueError("the URL holds a space, a control character or a backslash")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError("only https: and http: can be fetched")
    if "@" in parts.netloc:
        raise ValueError("the URL must not carry credentials")
    host = (parts.hostname or "").rstrip(".")
    if not host or "%" in host:
        raise ValueError("the URL names no host")
    port = parts.port or _PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(Origin(parts.scheme, host.encode("idna").decode(), port), path)
