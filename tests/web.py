"""A small HTTP server that answers what a test tells it to, over TCP or TLS."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server says. Whatever it says, it closes the connection then."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = -1
    """The Content-Length that is told: -1 for the true one, None for none."""
    silent: bool = False
    """Say nothing, until the client gives up."""


Answering = Callable[[Request], Answer]


@dataclass
class Web:
    """A running server."""

    host: str
    port: int
    requests: list[Request]
    answering: Answering


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    web: Web


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        with suppress(OSError):  # clients that give up are what some tests are about
            self.raw_requestline = self.rfile.readline(65537)
            if self.raw_requestline and self.parse_request():
                self._answer()

    def _answer(self) -> None:
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body)
        web.requests.append(request)
        answer = web.answering(request)
        if answer.silent:
            self.connection.recv(1)
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.length is not None:
            length = len(answer.body) if answer.length < 0 else answer.length
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        if request.method != "HEAD":
            self.wfile.write(answer.body)


@contextmanager
def serve(answering: Answering, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Run a server on loopback for a block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.web = Web("127.0.0.1", server.server_port, [], answering)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
