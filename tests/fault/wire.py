"""A wire to a server that does to the bytes what a test tells it to."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

Tamper = Callable[[bytes], bytes | None]
"""Takes what is sent and returns what arrives; None cuts the wire."""

_PORTS = {"http": 80, "amqp": 5672, "postgresql+psycopg2": 5432}


class _Wire(ThreadingTCPServer):
    daemon_threads = True
    target: tuple[str, int]
    tamper: Tamper
    answers: Tamper


class _Connection(BaseRequestHandler):
    request: socket.socket
    server: _Wire

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as target:
            answers = Thread(target=_copy, args=(target, self.request, self.server.answers))
            answers.start()
            _copy(self.request, target, self.server.tamper)
            answers.join()


def _copy(source: socket.socket, target: socket.socket, tamper: Tamper) -> None:
    """Pass bytes on until either end closes; then close both ways, so that both threads end."""
    with suppress(OSError):
        while data := source.recv(1024 * 1024):
            arriving = tamper(data)
            if arriving is None:
                break
            target.sendall(arriving)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(url: str, tamper: Tamper = bytes, answers: Tamper = bytes) -> Iterator[str]:
    """Yield a URL that leads through the wire to the server at `url`, which speaks no TLS.

    `tamper` gets what the client says, `answers` what the server says.
    """
    parts = urlsplit(url)
    with _Wire(("127.0.0.1", 0), _Connection) as server:
        server.target = (str(parts.hostname), parts.port or _PORTS[parts.scheme])
        server.tamper, server.answers = tamper, answers
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        login, at, _ = parts.netloc.rpartition("@")
        try:
            there = f"{login}{at}127.0.0.1:{server.server_address[1]}"
            yield urlunsplit(parts._replace(netloc=there))
        finally:
            server.shutdown()
            thread.join()
