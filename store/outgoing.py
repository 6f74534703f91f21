"""The one guard for requests to addresses that a user named.

A name is resolved once, its addresses are judged, and the connection goes to a judged address:
what the name means a moment later changes nothing. Only the public internet can be reached, and
what the settings list. No proxy, cookie or credential takes part.
"""

import re
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from store.addresses import Address, AllowList, is_public
from store.errors import SourceNotFoundError, SourceRefusedError, SourceUnavailableError

Resolve = Callable[[str, int], Sequence[str]]

_REDIRECTS = 5
_REDIRECTING = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_MISSING = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_NO_HOST = {socket.EAI_NONAME, socket.EAI_NODATA}


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Value of the `Host` field, RFC 9110 section 7.2."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def resolve_host(host: str, port: int) -> Sequence[str]:
    """Return the addresses of `host`, best first. Raises socket.gaierror, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Outgoing:
    """Requests to places that a user named.

    `allow` lists what may be reached besides the public internet, and by plain `http:` (see
    `AllowList`); `verify` is a file of CA certificates that replaces those of the system.
    """

    def __init__(
        self,
        allow: Sequence[str],
        verify: str | None = None,
        resolve: Resolve = resolve_host,
        read_timeout: float = 60,
    ) -> None:
        self._allow = AllowList(allow)
        self._tls = ssl.create_default_context(cafile=verify)
        self._resolve = resolve
        self._timeout = Timeout(connect=10, read=read_timeout)

    def get(self, url: str) -> BaseHTTPResponse:
        """Return a successful response, its body unread and not decoded; the caller closes it.

        At most five redirects are followed, each judged anew. Raises SourceRefusedError,
        SourceNotFoundError, SourceUnavailableError.
        """
        here = url
        for _ in range(1 + _REDIRECTS):
            response = self._send(url, here)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTING or location is None:
                return _successful(url, response)
            response.close()
            here = urljoin(here, location)
        raise SourceRefusedError(url, f"it redirects more than {_REDIRECTS} times")

    def _send(self, url: str, here: str) -> BaseHTTPResponse:
        try:
            target = _parse(here)
            addresses = self._judged(target)
        except ValueError as error:
            at = "" if here == url else f"it redirects to {here!r}: "
            raise SourceRefusedError(url, f"{at}{error}") from error
        for address in addresses[:-1]:
            try:
                return self._request(target, address)
            except (NewConnectionError, ConnectTimeoutError):
                continue  # the next address of the same host
        try:
            return self._request(target, addresses[-1])
        except HTTPError as error:
            if isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise SourceRefusedError(url, f"{target.host!r} is not trusted: {error}") from error
            raise SourceUnavailableError(f"{target.host!r} does not answer: {error}") from error

    def _judged(self, target: _Target) -> list[Address]:
        """Return the addresses that the request may go to, at least one, or raise ValueError."""
        try:
            found = [ip_address(text) for text in self._resolve(target.host, target.port)]
        except socket.gaierror as error:
            if error.errno in _NO_HOST:
                raise ValueError(f"there is no host {target.host!r}") from error
            raise SourceUnavailableError(
                f"cannot look up {target.host!r}: {error.strerror}"
            ) from error
        judged = [address for address in found if self._may(target, address)]
        if not judged:
            # The address is not told: whoever asks must not learn the names of our network.
            missing = "listed" if target.scheme == "http" else "on the public internet"
            raise ValueError(
                f"by {target.scheme}: {target.host!r} cannot be read, as it is not {missing}; "
                f"whoever runs this archive can list {target.authority!r} in MUNIMENT_FETCH_ALLOW"
            )
        return judged

    def _may(self, target: _Target, address: Address) -> bool:
        if self._allow.allows(target.host, target.port, address):
            return True
        return target.scheme == "https" and is_public(address)

    def _request(self, target: _Target, address: Address) -> BaseHTTPResponse:
        pool = (
            HTTPSConnectionPool(
                str(address),
                target.port,
                timeout=self._timeout,
                ssl_context=self._tls,
                server_hostname=target.host,
            )
            if target.scheme == "https"
            else HTTPConnectionPool(str(address), target.port, timeout=self._timeout)
        )
        return pool.urlopen(
            "GET",
            target.path,
            headers={
                "Host": target.authority,
                "User-Agent": "muniment",
                "Accept-Encoding": "identity",
            },
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )


def _parse(url: str) -> _Target:
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
    return _Target(parts.scheme, host.encode("idna").decode(), port, path)


def _successful(url: str, response: BaseHTTPResponse) -> BaseHTTPResponse:
    status = response.status
    if status == HTTPStatus.OK:
        return response
    response.close()
    if status in _MISSING:
        raise SourceNotFoundError(url)
    if status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SourceUnavailableError(f"the server of {url!r} answers with status {status} for now")
    raise SourceRefusedError(url, f"the server answers with status {status}")
