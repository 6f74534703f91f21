"""Connections to addresses that have been judged, kept from one request to the next.

A line can be cut from another thread: what waits on it then ends at once.
"""

import socket
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from store.addresses import Address
from store.targets import Origin


@dataclass
class _Tap:
    """Where the socket of a line can be found, also while a response is read from it."""

    opened: socket.socket | None = None
    cut: Event = field(default_factory=Event)

    def hold(self, opened: socket.socket | None) -> None:
        self.opened = opened
        if self.cut.is_set():
            self.shut()

    def shut(self) -> None:
        self.cut.set()
        if self.opened is not None:
            with suppress(OSError):  # gone already
                # Not `opened.shutdown`: that of a TLS socket takes its state from under the reader.
                socket.socket.shutdown(self.opened, socket.SHUT_RDWR)


class Line:
    """Keeps a connection to one of `addresses` of `origin`, which all have been judged.

    Used by one thread at a time, but for `cut`.
    """

    def __init__(
        self,
        origin: Origin,
        addresses: Sequence[Address],
        tls: ssl.SSLContext,
        timeout: Timeout,
    ) -> None:
        self._tap = _Tap()
        self._pools = [_pool(origin, address, tls, timeout, self._tap) for address in addresses]

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> BaseHTTPResponse:
        """Return the response, its body unread and not decoded.

        An address that takes no connection leads to the next; whichever does is asked first from
        then on. Raises HTTPError of urllib3.
        """
        for _ in self._pools[:-1]:
            try:
                return self._ask(method, path, headers, body)
            except (NewConnectionError, ConnectTimeoutError):
                self._pools.append(self._pools.pop(0))
        return self._ask(method, path, headers, body)

    def cut(self) -> None:
        """End what goes on, from whichever thread."""
        self._tap.shut()

    def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools:
            pool.close()

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> BaseHTTPResponse:
        return self._pools[0].urlopen(
            method,
            path,
            body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )


def _pool(
    origin: Origin, address: Address, tls: ssl.SSLContext, timeout: Timeout, tap: _Tap
) -> HTTPConnectionPool:
    if origin.scheme == "http":
        plain = HTTPConnectionPool(str(address), origin.port, timeout=timeout)
        plain.ConnectionCls = _tapped_plain(tap)
        return plain
    pool = HTTPSConnectionPool(
        str(address), origin.port, timeout=timeout, ssl_context=tls, server_hostname=origin.host
    )
    pool.ConnectionCls = _tapped_tls(tap)
    return pool


def _tapped_plain(tap: _Tap) -> type[HTTPConnection]:
    class Tapped(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            tap.hold(self.sock)

    return Tapped


def _tapped_tls(tap: _Tap) -> type[HTTPSConnection]:
    class Tapped(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            tap.hold(self.sock)

    return Tapped
