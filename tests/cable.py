"""A cable between a client and a server that a test can cut, or let go dead."""

import selectors
import socket
import ssl
from contextlib import suppress
from threading import Lock, Thread
from typing import Self
from urllib.parse import urlsplit

_PIECE = 64 * 1024


class Cable:
    """Listens on a port of its own and passes everything on to the server of an AMQP URL.

    With a TLS context it speaks TLS to the client, and none to the server.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port or 5672)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._ends: set[socket.socket] = set()
        self._dead = False
        port = self._listener.getsockname()[1]
        login = parts.netloc.rpartition("@")[0]
        scheme = "amqp" if tls is None else "amqps"
        self.url = f"{scheme}://{login}@localhost:{port}{parts.path}"
        """The URL of the server by way of the cable."""
        self._plugged = True
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join()

    def cut(self) -> None:
        """Break every connection there is; new ones are let through."""
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def unplug(self) -> None:
        """Break every connection, and let no new one through until `plug`."""
        self._plugged = False
        self.cut()

    def plug(self) -> None:
        """Let connections through again."""
        self._plugged = True

    def go_dead(self) -> None:
        """Pass nothing on any more over what is connected, and say nothing."""
        self._dead = True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._plugged:
                client.close()
                continue
            Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server:
            try:
                end = (
                    client if self._tls is None else self._tls.wrap_socket(client, server_side=True)
                )
            except OSError:
                return
            with end:
                self._pass_on(end, server)

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with self._lock:
            if not self._plugged:
                return  # it was let through a moment ago, and has missed the cut
            self._ends |= {client, server}
        with selectors.DefaultSelector() as selector, suppress(OSError):
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    piece = source.recv(_PIECE)
                    while isinstance(source, ssl.SSLSocket) and source.pending():
                        piece += source.recv(_PIECE)
                    if not piece:
                        return
                    if not self._dead:
                        target.sendall(piece)
