"""One connection to an HTTP server, on which a test says exactly what it likes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit

from tests.equipment.installations import Answer


class Line:
    """Sends bytes, and reads one answer after the other; nothing is mended or sent again."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._connection = connection
        self._host = host

    def say(self, data: bytes) -> None:
        """Send bytes, all of them, whatever the server does meanwhile."""
        self._connection.sendall(data)

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> None:
        """Send a whole request; `_` in header names stands for `-`."""
        if body and "transfer_encoding" not in headers:
            headers = {"content_length": str(len(body)), **headers}
        lines = [f"{method} {target} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.say("\r\n".join([*lines, "", ""]).encode() + body)

    def answer(self, method: str = "GET") -> Answer:
        """Return the next answer; one to HEAD has no body."""
        response = HTTPResponse(self._connection, method=method)
        response.begin()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())

    def read(self, count: int) -> bytes:
        """Return so many of the bytes that come next; fewer when the server hangs up."""
        taken = bytearray()
        while len(taken) < count and (piece := self._connection.recv(count - len(taken))):
            taken += piece
        return bytes(taken)


@contextmanager
def line_to(url: str, seconds: float = 60) -> Iterator[Line]:
    """Connect for the block; give up when nothing comes for so long."""
    host = urlsplit(url).netloc
    name, port = host.split(":")
    with socket.create_connection((name, int(port)), timeout=seconds) as connection:
        yield Line(connection, host)
