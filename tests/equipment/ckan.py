"""A small server that speaks CKAN's `datastore_search`, and serves files.

Rows are made from their number, so that a resource can have millions of them, or no end. What goes
wrong is written down beforehand, request by request; what was asked can be read afterwards.
`python -m tests.equipment.ckan` runs one with a wide resource, in a process of its own.
"""

import json
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

from tests.equipment.ckan_rows import Resource, wide

ACTION = "/api/action/datastore_search"
Changing = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Asked:
    """What the server was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body of a question about rows."""
        said = json.loads(self.body)
        assert isinstance(said, dict)
        return said


@dataclass(frozen=True)
class Trouble:
    """What goes wrong with an answer."""

    status: int | None = None
    """Answer with this status, `headers` and `body` instead."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None
    """Reset the connection after so many bytes of the body, or before the head if negative."""
    hold: Event | None = None
    """Send the head, and nothing of the body until this is set."""
    silent: bool = False
    """Say nothing until the client gives up."""
    change: Changing | None = None
    """Called with the answer, to change it in place."""


@dataclass(frozen=True)
class WebFile:
    """A file at a path."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: bool = True
    """Whether the server says how long it is; if not, closing the connection ends it."""
    trouble: Trouble = field(default_factory=Trouble)


@dataclass
class Ckan:
    """A running server."""

    url: str
    resources: dict[str, Resource] = field(default_factory=dict)
    files: dict[str, WebFile] = field(default_factory=dict)
    troubles: dict[int, Trouble] = field(default_factory=dict)
    """By the number of the POST, 0 for the first that the server gets."""
    always: Trouble = field(default_factory=Trouble)
    """What goes wrong with every other POST."""
    key: str | None = None
    """Without this `Authorization` nothing is told."""
    asked: list[Asked] = field(default_factory=list)
    remember: bool = True
    """Whether `asked` grows; not where there are millions of requests."""
    connections: int = 0
    _posts: int = 0
    _lock: Lock = field(default_factory=Lock)

    @property
    def api_url(self) -> str:
        """The URL of the action."""
        return self.url + ACTION

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked about rows, in order."""
        return [each.json for each in self.asked if each.method == "POST"]

    def trouble(self) -> Trouble:
        """Return what goes wrong with the POST that has just come."""
        with self._lock:
            number = self._posts
            self._posts += 1
        return self.troubles.get(number, self.always)

    def answer(self, asked: Asked, change: Changing | None) -> tuple[int, bytes]:
        """Return status and body of the answer to a question about rows."""
        if self.key is not None and asked.headers.get("authorization") != self.key:
            return 403, _failure("Access denied", "Authorization Error")
        body = asked.json
        resource = self.resources.get(str(body.get("resource_id")))
        if resource is None:
            return 404, _failure("Resource was not found.", "Not Found")
        if "offset" in body and {"cursor", "after"} & body.keys():
            return 409, _failure("offset with a cursor", "Validation Error")
        if change is None:
            return 200, resource.answer(body)
        said = json.loads(resource.answer(body))
        change(said)
        return 200, json.dumps(said).encode()


def _failure(message: str, kind: str) -> bytes:
    error = {"message": message, "__type": kind}
    return json.dumps({"help": "…", "success": False, "error": error}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may hold its connection for as long as it lives
    ckan: Ckan


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        self.server.ckan.connections += 1
        with suppress(OSError):  # clients that give up are what some tests are about
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def do_POST(self) -> None:
        asked = self._asked()
        ckan = self.server.ckan
        trouble = ckan.trouble()
        if trouble.silent:
            self._await_leaving()
        elif trouble.status is not None:
            self._say(trouble.status, trouble.body, trouble.headers, trouble)
        elif self.path != ACTION:
            self._say(404, b"", {}, trouble)
        else:
            status, body = ckan.answer(asked, trouble.change)
            self._say(status, body, {"Content-Type": "application/json"}, trouble)

    def do_GET(self) -> None:
        asked = self._asked()
        file = self.server.ckan.files.get(asked.path, WebFile(status=404))
        self._say(file.status, file.body, file.headers, file.trouble, length=file.length)

    def _asked(self) -> Asked:
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionResetError("the client died while it asked")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        if self.server.ckan.remember:
            self.server.ckan.asked.append(asked)
        return asked

    def _say(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str],
        trouble: Trouble,
        *,
        length: bool = True,
    ) -> None:
        if trouble.silent:
            self._await_leaving()
            return
        if trouble.cut is not None and trouble.cut < 0:
            self._reset()
            return
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if trouble.hold is not None:
            self.wfile.flush()
            trouble.hold.wait()
        self.wfile.write(body[: trouble.cut])
        self.wfile.flush()
        if trouble.cut is not None:
            self._reset()

    def _await_leaving(self) -> None:
        self.close_connection = True
        self.connection.recv(1)

    def _reset(self) -> None:
        self.close_connection = True
        # Closing with a linger of nothing is a reset (socket(7), SO_LINGER).
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


@contextmanager
def running_ckan(resources: Mapping[str, Resource] | None = None) -> Iterator[Ckan]:
    """Run a server on loopback for a block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.ckan = Ckan(f"http://127.0.0.1:{server.server_port}", dict(resources or {}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.ckan
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main(arguments: Sequence[str]) -> None:
    """Serve a resource `wide` of ROWS rows and COLUMNS columns until standard input ends.

    Prints the URL of the action first.
    """
    rows, columns = (int(each) for each in arguments)
    with running_ckan({"wide": wide(rows, columns)}) as ckan:
        ckan.remember = False
        print(ckan.api_url, flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
